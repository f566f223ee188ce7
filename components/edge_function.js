// Viewer-request function: which sites' pages may call the archive from a browser.
//
// A browser names the page's site in Origin where a script calls across sites or anything is sent, and adds the
// password that the user once gave by itself. So a page of a site that is not listed is refused whatever it asks, and
// not only kept from reading the answer. A preflight carries no credentials: Orthanc would answer 401, so it is
// answered here.
const configuration = __CONFIGURATION__;

function handler(event) {
    const request = event.request;
    const origin = request.headers.origin;
    if (!origin) {
        return request;
    }
    const varying = { vary: { value: 'Origin' } };
    const own = origin.value === 'https://' + request.headers.host.value;
    if (origin.multiValue || !(own || configuration.ORIGINS.includes(origin.value))) {
        return { statusCode: 403, statusDescription: 'Forbidden', headers: varying };
    }
    if (own || request.method !== 'OPTIONS' || !request.headers['access-control-request-method']) {
        return request;
    }
    return {
        statusCode: 204,
        statusDescription: 'No Content',
        headers: Object.assign(varying, {
            'access-control-allow-origin': { value: origin.value },
            'access-control-allow-credentials': { value: 'true' },
            'access-control-allow-methods': { value: configuration.METHODS },
            'access-control-allow-headers': { value: configuration.HEADERS },
            'access-control-max-age': { value: configuration.MAX_AGE },
        }),
    };
}

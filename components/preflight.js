// Viewer-request function: answers CORS preflight at the edge. A preflight carries no credentials, so Orthanc would
// answer 401 and the browser would never send the request itself.
const configuration = __CONFIGURATION__;

function handler(event) {
    const request = event.request;
    const origin = request.headers.origin;
    if (request.method !== 'OPTIONS' || !origin || !request.headers['access-control-request-method']) {
        return request;
    }
    const varying = { vary: { value: 'Origin' } };
    if (!configuration.ORIGINS.includes(origin.value)) {
        return { statusCode: 403, statusDescription: 'Forbidden', headers: varying };
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

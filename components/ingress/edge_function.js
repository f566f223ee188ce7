// Viewer-request function: which requests may reach the archive, and which sites' pages may call it from a browser.
//
// Orthanc lets a request decide its method by X-HTTP-Method-Override, and a GET by ?_method=. A link on any page could so
// delete a patient: the browser adds the password that the user once gave, and a link carries no Origin. So no such
// request passes, whoever sends it.
//
// A browser names the page's site in Origin where a script calls across sites or anything is sent. A page of a site that
// is not listed is refused whatever it asks, and not only kept from reading the answer. A preflight carries no
// credentials: Orthanc would answer 401, so it is answered here.
//
// What passes is marked. The load balancer forwards nothing without the mark.
const configuration = __CONFIGURATION__;

function handler(event) {
    const request = event.request;
    if (request.headers['x-http-method-override'] || namesMethod(request.rawQueryString() || '')) {
        return refused('The method of a request cannot be overridden here: send it with the method that it means.');
    }
    const origin = request.headers.origin;
    const own = origin && origin.value === 'https://' + request.headers.host.value;
    if (origin && (origin.multiValue || !(own || configuration.ORIGINS.includes(origin.value)))) {
        return refused('Pages of this site may not call the archive (corsAllowedOrigins).');
    }
    if (origin && !own && request.method === 'OPTIONS' && request.headers['access-control-request-method']) {
        return preflight(origin.value);
    }
    request.headers[configuration.MARK] = { value: configuration.MARK_VALUE };
    return request;
}

// Whether a query string, in any spelling, has a parameter _method. Orthanc decodes the string as a whole before it
// splits it, so that an encoded & begins a parameter, too; versions before 1.9.8 decoded names once more.
function namesMethod(query) {
    const once = decoded(query);
    return [query, once, decoded(once)].some((text) => /(^|&)_method(=|&|$)/i.test(text));
}

function decoded(text) {
    return text.replace(/%([0-9a-f]{2})/gi, (escape, digits) => String.fromCharCode(parseInt(digits, 16)));
}

function refused(reason) {
    return {
        statusCode: 403,
        statusDescription: 'Forbidden',
        headers: { vary: { value: 'Origin' }, 'content-type': { value: 'text/plain' } },
        body: reason + '\n',
    };
}

function preflight(origin) {
    return {
        statusCode: 204,
        statusDescription: 'No Content',
        headers: {
            vary: { value: 'Origin' },
            'access-control-allow-origin': { value: origin },
            'access-control-allow-credentials': { value: 'true' },
            'access-control-allow-methods': { value: configuration.METHODS },
            'access-control-allow-headers': { value: configuration.HEADERS },
            'access-control-max-age': { value: configuration.MAX_AGE },
        },
    };
}

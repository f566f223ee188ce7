// Viewer-request function: which requests may reach the archive, and which sites' pages may call it from a browser.
//
// In Orthanc, X-HTTP-Method-Override can override a request's method, and ?_method= that of a GET. A link on any page
// could therefore delete a patient: the browser adds the password that the user entered once, and a link sends no
// Origin. All requests that override their method are refused, whoever sends them.
//
// Browsers send the page's site in Origin if a script calls another site, or if the request sends data. If the site is
// not listed, the request is refused, instead of only hiding the response from the page. A preflight has no
// credentials, so Orthanc would return 401. This function responds to it instead.
//
// Permitted requests are marked. The load balancer forwards only marked requests.
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

// Whether a query string, in any spelling, has a parameter _method. Orthanc decodes the whole string before it splits
// it, so an encoded & also begins a parameter. Versions before 1.9.8 decoded names twice.
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

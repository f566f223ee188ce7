-- Limits users without full access to reading the archive. Orthanc calls the filter before every HTTP request of a
-- user who has logged in, including requests to plugins. If it returns "false", Orthanc responds with 403.
--
-- Users in UsersWithFullAccess of the configuration may do everything. All others may send GET requests, and POST
-- requests that contain a query in their body: the list below, with paths as Orthanc's own router reads them. Requests
-- with other methods or paths that a new version of Orthanc or of a plugin adds are refused until added here.

local full = {}
for _, user in ipairs(GetOrthancConfiguration()['UsersWithFullAccess'] or {}) do
  full[user] = true
end

local questions = {
  -- Searches of Orthanc Explorer and Orthanc Explorer 2.
  '^/tools/find$',
  '^/tools/lookup$',
  '^/tools/count%-resources$',
  '^/tools/bulk%-content$',
  -- Downloads as ZIP or DICOMDIR: they read the archive and write a response, or a job's temporary file.
  '^/tools/create%-archive$',
  '^/tools/create%-media$',
  '^/tools/create%-media%-extended$',
  '^/patients/[%w-]+/archive$',
  '^/patients/[%w-]+/media$',
  '^/studies/[%w-]+/archive$',
  '^/studies/[%w-]+/media$',
  '^/series/[%w-]+/archive$',
  '^/series/[%w-]+/media$',
}

function IncomingHttpRequestFilter(method, uri, ip, username, httpHeaders)
  if full[username] or method == 'GET' then
    return true
  end
  if method == 'POST' then
    for _, question in ipairs(questions) do
      if string.find(uri, question) then
        return true
      end
    end
  end
  return false
end

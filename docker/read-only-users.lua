-- Lets users who may not change the archive look at it, and nothing else. Orthanc asks this before every HTTP request
-- of a user who has logged in, those to its plugins included; "false" answers 403.
--
-- The configuration's UsersWithFullAccess may do everything. Everybody else may GET, and may POST what asks a question
-- in its body: the list below, of paths as Orthanc's own router reads them. What a new version of Orthanc or of a
-- plugin brings beside them is refused until it is written here.

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
  -- Downloads as ZIP or DICOMDIR: they read the archive and write an answer, or a job's temporary file.
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

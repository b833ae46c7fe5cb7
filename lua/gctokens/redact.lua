--- Secrets of a request, which must not appear in messages.

local redact = {}


--- The secrets to mask. The longer one is first, as it may contain the other.
---@param request table of core.request
---@param arguments table from which the request was made
---@return string[]
function redact.of(request, arguments)
  local credentials = request.headers.Authorization
  return {
    credentials and credentials:match("%S+$"), arguments.client_secret,
  }
end


return redact

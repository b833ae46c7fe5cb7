--- What goes out with a request and must not come back in a message.

local redact = {}


--- The longer one is first: it may hold the other.
---@param request table of core.request
---@param arguments table that it was made of
---@return string[]
function redact.of(request, arguments)
  local credentials = request.headers.Authorization
  return {
    credentials and credentials:match("%S+$"), arguments.client_secret,
  }
end


return redact

--- Whatever the id, the path has it in one segment, or nothing is sent.
-- Input: the id.

local core = require("gctokens.core")

local START = "https://api.example.com/api/v2/tokens/"
local REFUSED = {
  [""] = true, ["."] = true, [".."] = true, me = true, timeout = true,
  token = true, -- the access token itself
}


local function decoded(segment)
  return (segment:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end


return function(id)
  local request, err = core.request("delete_token", {
    base_url = "https://api.example.com", access_token = "token", user_id = id,
  })
  local refused = #id > 1024 or REFUSED[id]
    or REFUSED[id:lower()] and id:lower() ~= "token"
  if refused then
    assert(request == nil and err.kind == "argument", "was not refused")
    assert(err.message:find("user_id", 1, true), err.message)
    return
  end
  assert(request, err and err.message)
  assert(request.url:sub(1, #START) == START, request.url)
  local segment = request.url:sub(#START + 1)
  assert(not segment:find("[^%w%%._~-]"), segment)
  assert(decoded(segment) == id, segment)
end

--- Genesys Cloud Tokens API: who is this bearer token, is it valid, revoke it,
-- revoke all tokens of a user, read and set the idle-token timeout.
--
-- All times are seconds. Wrong option names and wrong types raise; what the
-- world can cause comes back as `nil, err`. Nothing is ever printed.

local client = require("gctokens.client")
local core = require("gctokens.core")
local errors = require("gctokens.errors")


-- What else there is, is required where it is needed. Lua 5.1 never loads again
-- what once failed to load, as when memory runs out: there all is loaded now.
if _VERSION == "Lua 5.1" then
  for _, name in ipairs({
    "call_options", "endpoints", "environment", "leadership", "loop.blocking",
    "loop.coroutines", "regions", "renewable_token", "retry", "revoke",
    "single_flight", "suggest", "transport",
  }) do
    require("gctokens." .. name)
  end
end


local gctokens = {
  _VERSION = core._VERSION,

  new = client.new,
  is_error = errors.is,
  is_token_invalid = errors.is_token_invalid,
}


--- Marks a table as a JSON array, so that it is sent as `[]` when it is
--- empty. Not needed for fields that the published schema calls arrays.
---@generic T: table
---@param list T
---@return T list the same table
function gctokens.array(list)
  if type(list) ~= "table" then
    errors.raise("gctokens.array: a table is needed, got " .. type(list))
  end
  return setmetatable(list, core.array_metatable)
end


return gctokens

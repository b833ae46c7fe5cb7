--- The option `token`: what may stand in it. It is checked outside nginx, too.

local field_names = require("gctokens.guard.request.field_names")
local validate = require("gctokens.validate")


local MOST_DASHES = 8 -- of a header: each doubles the number of its spellings


-- What may stand behind the colon of "KIND:NAME".
local IS_NAME = {
  header = function(name)
    local _, dashes = field_names.dashed(name):gsub("-", "-")
    return field_names.is_free(name) and dashes <= MOST_DASHES
  end,
  cookie = field_names.is_name, -- as RFC 6265 section 4.1.1 has it
  query = function(name)
    return name:find("^[%w._~-]+$") ~= nil
  end,
  subprotocol = field_names.is_name, -- as RFC 6455 section 4.1 has it
}

local EXPECTED = '"header:NAME", "cookie:NAME", "query:NAME" or '
  .. '"subprotocol:NAME", with a name that is possible there, or a function, '
  .. "or a list of these"


local token_option = {}


--- A source as text, taken apart.
---@param text string
---@return string? kind nil: it is none
---@return string? name
function token_option.parse(text)
  local kind, name = text:match("^(%l+):(.*)$")
  if kind and IS_NAME[kind] and IS_NAME[kind](name) then
    return kind, name
  end
  return nil
end


local function is_source(value)
  return type(value) == "function"
    or type(value) == "string" and token_option.parse(value) ~= nil
end


--- Checks the option. What is wrong in it is not shown: it may be a token.
---@param value any
---@return true|string verdict true, or what would have been right
function token_option.check(value)
  return is_source(value)
    or type(value) == "table" and validate.is_list_of(value, is_source)
    or EXPECTED
end


return token_option

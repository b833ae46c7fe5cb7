--- Names of HTTP fields, as options give them.

local field_names = {}


-- Those that mean something to nginx or to every application. The guard takes
-- none of them away, and sets none.
local RESERVED = {
  connection = true, ["content-length"] = true, ["content-type"] = true,
  cookie = true, host = true, ["transfer-encoding"] = true,
}


--- Whether a text is a token of RFC 9110 section 5.6.2, as the names of fields,
--- cookies and WebSocket protocols are.
---@param text string
---@return boolean
function field_names.is_name(text)
  return text:find("^[%w!#$%%&'*+.^_`|~-]+$") ~= nil
end


--- Whether an option may name that field.
---@param name string
---@return boolean
function field_names.is_free(name)
  return field_names.is_name(name) and not RESERVED[name:lower()]
end


--- A received name in the one spelling that stands for all: CGI and its
--- relatives do not distinguish "-" from "_".
---@param name string
---@return string
function field_names.dashed(name)
  return (name:lower():gsub("_", "-"))
end


return field_names

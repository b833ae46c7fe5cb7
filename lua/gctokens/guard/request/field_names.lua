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


local function add_spellings(name, list, from)
  local at = name:find("-", from, true)
  if not at then
    list[#list + 1] = name
    return list
  end
  for _, separator in ipairs({ "-", "_" }) do
    add_spellings(
      name:sub(1, at - 1) .. separator .. name:sub(at + 1), list, at + 1)
  end
  return list
end


--- All spellings of a dashed name, two for each dash.
---@param dashed string
---@return string[]
function field_names.spellings(dashed)
  return add_spellings(dashed, {}, 1)
end


return field_names

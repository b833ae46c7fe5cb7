--- JSON for people and scripts: what the command prints, and what it reads.

local cjson = require("cjson")
local encoding = require("gctokens.cli.encoding")
local json_writer = require("gctokens.json_writer")

local json = {}


--- A table as JSON, see gctokens.json_writer.
json.encode = json_writer.encode


--- A value for people: a string as it is, anything else as JSON.
---@param value any
---@return string
function json.text(value)
  return type(value) == "string" and value or json.encode(value)
end


--- Decodes a text that holds one JSON object. Fields that are null are absent.
---@param text string
---@return table? object, string? message
function json.object(text)
  text = encoding.without_mark(text)
  if not text:find("%S") then
    return nil, "is empty"
  elseif not encoding.is_utf8(text) then
    return nil, "is not UTF-8 text"
  end
  local ok, value = pcall(cjson.decode, text)
  if not ok then
    return nil, "is not JSON: " .. tostring(value):gsub("^.-: ", "")
  elseif not text:find("^%s*{") then
    return nil, "is not a JSON object"
  end
  for name, field in pairs(value) do
    if field == cjson.null then
      value[name] = nil
    end
  end
  return value
end


return json

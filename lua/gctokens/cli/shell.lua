--- Text as words of a POSIX shell.

local shell = {}


--- A text in single quotes: one word, whatever characters it has.
---@param text string
---@return string
function shell.quote(text)
  return "'" .. text:gsub("'", [['\'']]) .. "'"
end


--- A text as one word, in quotes only if it needs them.
---@param text string
---@return string
function shell.word(text)
  return text:find("^[%w%-_./:=,+@]+$") and text or shell.quote(text)
end


return shell

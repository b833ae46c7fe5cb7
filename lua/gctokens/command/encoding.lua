--- Whether text is UTF-8, and the mark that some editors begin it with.

local encoding = {}


local MARK = "\239\187\191" -- U+FEFF


--- RFC 3629: what is well formed is taken out, and nothing must be left.
---@param text string
---@return boolean
function encoding.is_utf8(text)
  text = text:gsub("[\194-\223][\128-\191]", " ")
    :gsub("\224[\160-\191][\128-\191]", " ")
    :gsub("\237[\128-\159][\128-\191]", " ")
    :gsub("[\225-\236\238\239][\128-\191][\128-\191]", " ")
    :gsub("\240[\144-\191][\128-\191][\128-\191]", " ")
    :gsub("[\241-\243][\128-\191][\128-\191][\128-\191]", " ")
    :gsub("\244[\128-\143][\128-\191][\128-\191]", " ")
  return not text:find("[\128-\255]")
end


---@param text string
---@return string
function encoding.without_mark(text)
  return text:sub(1, #MARK) == MARK and text:sub(#MARK + 1) or text
end


return encoding

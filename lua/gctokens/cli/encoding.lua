--- Encodings of Unicode: whether text is UTF-8, the mark that some editors
-- begin it with, and UTF-16 made UTF-8.

local byte, char, floor = string.byte, string.char, math.floor

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


-- ---- UTF-16 ----------------------------------------------------------------

-- RFC 3629
local function utf8(code)
  local last = 0x80 + code % 0x40
  if code < 0x80 then
    return char(code)
  elseif code < 0x800 then
    return char(0xC0 + floor(code / 0x40), last)
  end
  local third = 0x80 + floor(code / 0x40) % 0x40
  if code < 0x10000 then
    return char(0xE0 + floor(code / 0x1000), third, last)
  end
  return char(0xF0 + floor(code / 0x40000),
    0x80 + floor(code / 0x1000) % 0x40, third, last)
end


-- A function that makes UTF-8 of the next bytes of UTF-16 (RFC 2781), and says
-- with or after the text what is wrong. `high` and `low` are where those bytes
-- are in a unit. What is cut waits for the next bytes, "" at the end.
local function utf16_decoder(high, low)
  local rest = ""
  local function unit_at(bytes, at)
    return byte(bytes, at + high) * 0x100 + byte(bytes, at + low)
  end
  return function(more)
    local bytes, parts, at = rest .. more, {}, 1
    local problem = more == "" and rest ~= "" and "ends within a character"
    while at < #bytes do
      local unit, after = unit_at(bytes, at), at + 2
      if unit >= 0xD800 and unit < 0xDC00 and after < #bytes then
        local second = unit_at(bytes, after)
        if second >= 0xDC00 and second < 0xE000 then
          unit = 0x10000 + (unit - 0xD800) * 0x400 + (second - 0xDC00)
          after = after + 2
        end
      elseif unit >= 0xD800 and unit < 0xDC00 then
        break
      end
      if unit >= 0xD800 and unit < 0xE000 then
        problem = "has half of a surrogate pair"
        break
      end
      parts[#parts + 1] = utf8(unit)
      at = after
    end
    rest = bytes:sub(at)
    return table.concat(parts),
      problem and "this UTF-16 text is broken: it " .. problem
  end
end


-- ---- any text --------------------------------------------------------------

-- The mark of UTF-32 begins with that of UTF-16.
local UTF32_MARKS = { ["\255\254\0\0"] = true, ["\0\0\254\255"] = true }

-- Where the high and the low byte of a unit are.
local UTF16_MARKS = { ["\255\254"] = { 1, 0 }, ["\254\255"] = { 0, 1 } }

-- Bytes in which plain text of two or four bytes a character shows.
local SAMPLE = 512


-- In UTF-16 half of the bytes of plain English are NUL.
local function is_wide(bytes)
  local sample = bytes:sub(1, SAMPLE)
  local count = #sample:gsub("[\1-\255]", "")
  return count > #sample / 3 and count < #sample
end


local function as_it_is(bytes)
  return bytes
end


-- A decoder for what begins with these bytes, and the bytes after the mark.
local function decoder_of(bytes)
  local utf16 = UTF16_MARKS[bytes:sub(1, 2)]
  if UTF32_MARKS[bytes:sub(1, 4)] then
    return nil, "this is UTF-32 text; save it as UTF-8"
  elseif utf16 then
    return utf16_decoder(utf16[1], utf16[2]), bytes:sub(3)
  elseif is_wide(bytes) then
    return nil, "this is no text, or UTF-16 or UTF-32 without a byte-order "
      .. "mark; save it as UTF-8"
  end
  return as_it_is, encoding.without_mark(bytes)
end


--- Text as UTF-8, without its mark. UTF-16 is known by its mark; bytes without
--- one are left as they are.
---@param next_block fun(): string?, string? the next bytes, "" at the end
---@return fun(): string?, string? next_block the same of the text
function encoding.utf8_of(next_block)
  local decode, problem

  -- One block, of which nothing may be left.
  local function next_text()
    local bytes, message = next_block()
    if not bytes then
      return nil, message
    end
    local is_last = bytes == ""
    if not decode then
      decode, bytes = decoder_of(bytes)
      if not decode then
        return nil, bytes
      end
    end
    local text
    text, problem = decode(bytes)
    return text, nil, is_last
  end

  return function()
    local text, message, is_last
    repeat
      if problem then
        return nil, problem
      end
      text, message, is_last = next_text()
    until text ~= "" or is_last and not problem
    return text, message
  end
end


return encoding

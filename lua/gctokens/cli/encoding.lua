--- Encodings of text: checks UTF-8, removes a byte-order mark, and converts
-- UTF-16 to UTF-8.

local byte, char, floor = string.byte, string.char, math.floor

local encoding = {}


local MARK = "\239\187\191" -- the byte-order mark U+FEFF in UTF-8


--- Whether a text is well-formed UTF-8 (RFC 3629). Replaces all well-formed
--- sequences of several bytes; none of their bytes must be left.
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


--- A text without the byte-order mark at its beginning.
---@param text string
---@return string
function encoding.without_mark(text)
  return text:sub(1, #MARK) == MARK and text:sub(#MARK + 1) or text
end


-- ---- UTF-16 ----------------------------------------------------------------

-- A code point as UTF-8 (RFC 3629).
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


-- The character at `at` and the position after it. `unit_at` reads a code unit.
-- Returns nil when the bytes end within the character, nil and a reason when it
-- is broken.
local function character_at(unit_at, bytes, at)
  local unit = unit_at(bytes, at)
  if unit < 0xD800 or unit > 0xDFFF then
    return unit, at + 2
  end
  local is_high = unit < 0xDC00
  if is_high and at + 3 > #bytes then
    return nil
  end
  local low = is_high and unit_at(bytes, at + 2) or 0
  if low < 0xDC00 or low > 0xDFFF then
    return nil, "has half of a surrogate pair"
  end
  return 0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00), at + 4
end


-- A function that takes the next bytes of UTF-16 (RFC 2781), "" at the end, and
-- returns them as UTF-8. Its second result says what is wrong after that text.
-- `high` and `low` are the offsets of the high and the low byte in a code unit.
-- A character that is cut at the end of the bytes waits for the next ones.
local function utf16_decoder(high, low)
  local rest = ""
  local function unit_at(bytes, at)
    return byte(bytes, at + high) * 0x100 + byte(bytes, at + low)
  end
  return function(more)
    local bytes, parts, at = rest .. more, {}, 1
    local problem = more == "" and rest ~= "" and "ends within a character"
    while at < #bytes do
      local code, after = character_at(unit_at, bytes, at)
      if not code then
        problem = after or problem
        break
      end
      parts[#parts + 1] = utf8(code)
      at = after
    end
    rest = bytes:sub(at)
    return table.concat(parts),
      problem and "this UTF-16 text is broken: it " .. problem
  end
end


-- ---- detection -------------------------------------------------------------

-- To be looked for first: the mark of UTF-32 begins with that of UTF-16.
local UTF32_MARKS = { ["\255\254\0\0"] = true, ["\0\0\254\255"] = true }

-- The offsets of the high and the low byte in a code unit.
local UTF16_MARKS = { ["\255\254"] = { 1, 0 }, ["\254\255"] = { 0, 1 } }

local SAMPLE = 512 -- bytes that is_wide looks at


-- Whether bytes look like UTF-16 or UTF-32: in UTF-16 half of the bytes of
-- plain English are NUL.
local function is_wide(bytes)
  local sample = bytes:sub(1, SAMPLE)
  local count = #sample:gsub("[\1-\255]", "")
  return count > #sample / 3 and count < #sample
end


local function unchanged(bytes)
  return bytes
end


-- The decoder for a text that begins with these bytes, and the bytes after the
-- byte-order mark; or nil and a message.
local function decoder_of(bytes)
  local utf16 = UTF16_MARKS[bytes:sub(1, 2)]
  if UTF32_MARKS[bytes:sub(1, 4)] then
    return nil, "this is UTF-32 text; save it as UTF-8"
  elseif utf16 then
    return utf16_decoder(utf16[1], utf16[2]), bytes:sub(3)
  elseif is_wide(bytes) then
    return nil, "this is not text, or it is UTF-16 or UTF-32 without a "
      .. "byte-order mark; save it as UTF-8"
  end
  return unchanged, encoding.without_mark(bytes)
end


--- Converts blocks of a text to UTF-8, without the byte-order mark. UTF-16 is
--- recognized by its mark. Bytes without a mark are not changed.
---@param next_block fun(): string?, string? the next bytes, "" at the end
---@return fun(): string?, string? next_block the next text, "" at the end
function encoding.utf8_of(next_block)
  local decode, problem

  -- The text of one block. It may be empty before the end, too.
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

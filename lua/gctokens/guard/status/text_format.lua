--- Texts of the status page: numbers for people, and escaping.

local text_format = {}


local ENTITIES = {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
  ["'"] = "&#39;",
}

--- A text for HTML and SVG, in elements and in quoted attributes.
---@param text string
---@return string
function text_format.escape(text)
  return (text:gsub("[&<>\"']", ENTITIES))
end


--- A whole number with separators: "1,234,567".
---@param number number
---@return string
function text_format.count(number)
  local digits = ("%d"):format(math.floor(number))
  local separated = digits:reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (separated:gsub("^,", ""))
end


--- A number that is shown as large as it is exact: "0.07", "8.3", "1,234".
---@param number number
---@return string
function text_format.rate(number)
  if number >= 100 or number == 0 then
    return text_format.count(number + 0.5)
  end
  return ("%.3g"):format(number)
end


--- A share: "97.3 %". What is not all of it never reads 100 %, what is more
--- than nothing never 0 %.
---@param share number 0 to 1
---@return string
function text_format.percent(share)
  if share > 0 and share < 0.001 then
    return "< 0.1 %"
  elseif share < 1 and share > 0.999 then
    return "> 99.9 %"
  end
  return (("%.1f"):format(share * 100):gsub("%.0$", "")) .. " %"
end


--- A short time: "4 ms", "0.25 s", "12 s".
---@param seconds number
---@return string
function text_format.duration(seconds)
  if seconds < 0.1 then
    return ("%.0f ms"):format(seconds * 1000)
  elseif seconds < 10 then
    return ("%.2g s"):format(seconds)
  end
  return ("%.0f s"):format(seconds)
end


-- The largest unit that a number has at least one of, less by rounding.
local UNITS = {
  { 86400, "%d d" }, { 3600, "%d h" }, { 60, "%d min" }, { 1, "%d s" },
}

--- How long ago: "now", "12 s", "3 min", "2 h", "5 d".
---@param seconds number
---@return string
function text_format.age(seconds)
  for _, unit in ipairs(UNITS) do
    if seconds >= unit[1] then
      return unit[2]:format(math.floor(seconds / unit[1]))
    end
  end
  return "now"
end


--- An amount of memory: "512 KiB", "9.8 MiB".
---@param bytes number
---@return string
function text_format.bytes(bytes)
  local unit = "B"
  for _, larger in ipairs({ "KiB", "MiB", "GiB", "TiB" }) do
    if bytes < 1024 then
      break
    end
    bytes, unit = bytes / 1024, larger
  end
  if bytes < 10 and bytes % 1 ~= 0 then
    return ("%.1f %s"):format(bytes, unit)
  end
  return ("%.0f %s"):format(bytes, unit)
end


return text_format

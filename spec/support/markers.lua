--- Markers in sources: comments that say of a line why a rule does not hold
-- for it, such as `-- coverage: REASON` or `/* coverage: REASON */`.
--
-- At the end of a line a marker is about that line. Alone in a line it is about
-- the next one, and about what follows and is indented further than that one.

local markers = {}


---@class spec.Marker
---@field line integer where it stands
---@field reason string
---@field lines integer[] the lines that it is about


local function indentation_of(text)
  return #text:match("^%s*")
end


local function lines_below(texts, line)
  local lines = { line + 1 }
  local indentation = indentation_of(texts[line + 1] or "")
  local below = line + 2
  while texts[below] and indentation_of(texts[below]) > indentation do
    lines[#lines + 1] = below
    below = below + 1
  end
  return lines
end


-- The reason in a comment of one line, without the end that C gives it.
local function reason_in(text, word)
  local _, last = text:find(word, 1, true)
  return last and text:sub(last + 1):gsub("%*/%s*$", ""):match("^%s*(.-)%s*$")
end


local function is_alone(text)
  return text:find("^%s*%-%-") ~= nil or text:find("^%s*/%*") ~= nil
end


--- The markers of one source, in their order.
---@param name string the file, for messages
---@param texts string[] its lines
---@param word string what a marker begins with, such as "coverage:"
---@return spec.Marker[]? list
---@return string? message of the first marker that gives no reason
function markers.read(name, texts, word)
  local list = {}
  for line, text in ipairs(texts) do
    local reason = reason_in(text, word)
    if reason == "" then
      return nil, ("%s:%d: the marker gives no reason"):format(name, line)
    elseif reason then
      list[#list + 1] = {
        line = line,
        reason = reason,
        lines = is_alone(text) and lines_below(texts, line) or { line },
      }
    end
  end
  return list
end


return markers

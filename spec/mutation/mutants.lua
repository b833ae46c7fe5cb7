--- What may be changed in a source, of Lua or of C: one operator, constant or
-- condition at a time. Comments, strings and what the preprocessor selects by
-- are left alone.

local mutants = {}


---@class spec.Mutant
---@field file string
---@field line integer
---@field first integer where what is replaced begins: a byte of the source
---@field last integer where it ends
---@field replacement string


-- What a token of either language is replaced with, one at a time.
local COMMON = {
  ["<"] = { "<=", ">=" }, ["<="] = { "<", ">" },
  [">"] = { ">=", "<=" }, [">="] = { ">", "<" },
  ["+"] = { "-" }, ["-"] = { "+" }, ["%"] = { "*" },
  ["true"] = { "false" }, ["false"] = { "true" },
}

-- token: longer ones first, so that "->" is not taken for "-" and ">".
local LANGUAGES = {
  lua = {
    tokens = { "...", "..", "==", "~=", "<=", ">=" },
    replacements = {
      ["=="] = { "~=" }, ["~="] = { "==" }, ["*"] = { "/" }, ["/"] = { "*" },
      ["and"] = { "or" }, ["or"] = { "and" }, ["not"] = { "" },
    },
  },
  c = {
    tokens = {
      "<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==",
      "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=",
    },
    -- An asterisk with a space behind it: not that of a pointer.
    replacements = {
      ["=="] = { "!=" }, ["!="] = { "==" }, ["* "] = { "/ " }, ["/"] = { "*" },
      ["&&"] = { "||" }, ["||"] = { "&&" }, ["!"] = { "" },
      ["++"] = { "--" }, ["--"] = { "++" }, ["+="] = { "-=" },
      ["-="] = { "+=" },
    },
  },
}

for _, language in pairs(LANGUAGES) do
  for token, replacements in pairs(COMMON) do
    language.replacements[token] = replacements
  end
end


local function language_of(file)
  return file:find("%.lua$") and "lua" or "c"
end


-- ---- what is left alone ----------------------------------------------------

local function blank(text)
  return (text:gsub("[^\n]", " "))
end


-- The end of a text in quotes that begins at `first`.
local function end_of_quoted(source, first)
  local quote = source:sub(first, first)
  local at = first + 1
  while source:sub(at, at) ~= quote do
    at = at + (source:sub(at, at) == "\\" and 2 or 1)
  end
  return at
end


-- The end of what begins at `first` and is no code, or nil.
local ends_of = {}

function ends_of.lua(source, first)
  local opening = source:match("^%-%-%[(=*)%[", first)
    or source:match("^%[(=*)%[", first)
  if opening then
    return select(2, source:find("]" .. opening .. "]", first, true))
  elseif source:find("^%-%-", first) then
    return select(2, source:find("[^\n]*", first))
  elseif source:find("^[\"']", first) then
    return end_of_quoted(source, first)
  end
end

function ends_of.c(source, first)
  if source:find("^/%*", first) then
    return select(2, source:find("*/", first + 2, true))
  elseif source:find("^[\"']", first) then
    return end_of_quoted(source, first)
  elseif source:find("^#", first) and not source:find("^#%s*define", first) then
    return select(2, source:find("[^\n]*", first))
  end
end


-- The source with spaces in place of all that is no code.
local function code_of(source, language)
  local parts, at = {}, 1
  while at <= #source do
    local last = ends_of[language](source, at)
    parts[#parts + 1] = last and blank(source:sub(at, last))
      or source:sub(at, at)
    at = (last or at) + 1
  end
  return table.concat(parts)
end


-- ---- what is not -----------------------------------------------------------

-- A number, one more and one less.
local function neighbours(number)
  local digits, suffix = number:match("^(0[xX]%x-)([uUlL]*)$")
  if digits then
    local value = math.floor(tonumber(digits))
    return { ("0x%x"):format(value + 1) .. suffix,
      ("0x%x"):format(math.max(value - 1, 0)) .. suffix }
  end
  digits, suffix = number:match("^(%d+%.?%d*)([uUlL]*)$")
  if digits then
    local value = tonumber(digits)
    return { tostring(value + 1) .. suffix, tostring(value - 1) .. suffix }
  end
  return {}
end


local function operator_at(code, at, language)
  for _, token in ipairs(language.tokens) do
    if code:sub(at, at + #token - 1) == token then
      return token
    end
  end
  local two = code:sub(at, at + 1)
  return language.replacements[two] and two or code:sub(at, at)
end


-- The token at a place of the code, and what may replace it.
local function token_at(code, at, language)
  local name = code:match("^[%a_][%w_]*", at)
  if name then
    return name, language.replacements[name]
  end
  local number = code:match("^%d[%w_]*%.?[%w_]*", at)
  if number then
    return number, neighbours(number)
  end
  local operator = operator_at(code, at, language)
  return operator, language.replacements[operator]
end


--- All mutants of a source, in the order of their places.
---@param file string its name, which tells the language
---@param source string
---@return spec.Mutant[]
function mutants.of(file, source)
  local name = language_of(file)
  local code = code_of(source, name)
  local list, line, at = {}, 1, 1
  while at <= #code do
    local token, replacements = token_at(code, at, LANGUAGES[name])
    line = line + (token == "\n" and 1 or 0)
    for _, replacement in ipairs(replacements or {}) do
      list[#list + 1] = {
        file = file, line = line, replacement = replacement,
        first = at, last = at + #token - 1,
      }
    end
    at = at + #token
  end
  return list
end


--- The source with that one change.
---@param source string
---@param mutant spec.Mutant
---@return string
function mutants.apply(source, mutant)
  return source:sub(1, mutant.first - 1) .. mutant.replacement
    .. source:sub(mutant.last + 1)
end


return mutants

--- What is made of the tables of options and stands in files: the text between
-- two lines. In a README it is a table, in a file of Lua it is annotations.
--
--   <!-- options: client -->      -- options: client
--   <!-- /options -->             -- /options

local annotations = require("spec.documentation.option_annotations")
local lists = require("spec.documentation.option_lists")
local markdown = require("spec.documentation.option_markdown")

-- end of a file's name -> the lines, and what is between them by name
local KINDS = {
  {
    suffix = "%.md$",
    region = "(\n<!%-%- options: ([%w_]+) %-%->\n)(.-)(<!%-%- /options %-%->)",
    first = "\n<!%-%- options",
    text = function(name)
      return lists[name] and markdown.of(lists[name])
    end,
  },
  {
    suffix = "%.lua$",
    region = "(\n%-%- options: ([%w_]+)\n)(.-)(%-%- /options)",
    first = "\n%-%- options",
    text = function(name)
      local text = annotations.of(name)
      return text and "\n" .. text .. "\n"
    end,
  },
}

-- READMEs that are ours, and the annotations.
local FIND = "find . -name README.md -not -path './build/*' -not -path './.*/*'"
  .. " -o -path './lua/gctokens/meta/*.lua'"


local generated = {}


--- The files that may have regions.
---@return string[] sorted
function generated.files()
  local names = {}
  local pipe = assert(io.popen(FIND))
  for name in pipe:lines() do
    names[#names + 1] = name
  end
  pipe:close()
  table.sort(names)
  return names
end


local function kind_of(name)
  for _, kind in ipairs(KINDS) do
    if name:find(kind.suffix) then
      return kind
    end
  end
end


--- The text of a file with its regions as they should be. Raises when one has
--- no known name, or no end.
---@param name string of the file
---@param text string
---@return string updated
---@return integer count of regions
function generated.update(name, text)
  local kind = kind_of(name)
  local updated, count = text:gsub(kind.region, function(first, list, _, last)
    return first .. (kind.text(list)
      or error(("%s: there are no options %q"):format(name, list), 0)) .. last
  end)
  local _, begun = text:gsub(kind.first, "")
  if begun ~= count then
    error(name .. ": a region of options is misspelt or has no end", 0)
  end
  return updated, count
end


return generated

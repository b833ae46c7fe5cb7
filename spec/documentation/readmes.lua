--- The README.md files of the tree, and pages beside them, cut into what the
--- specs look at: fenced blocks, headings and links.

local system = require("spec.support.system")

local readmes = {}


--- Every one there is, from the top of the tree.
readmes.paths = {
  "README.md",
  "csrc/README.md",
  "lua/gctokens/README.md",
  "lua/gctokens/cli/README.md",
  "lua/gctokens/guard/OPERATING.md",
  "lua/gctokens/guard/README.md",
  "lua/gctokens/guard/RECIPES.md",
  "lua/gctokens/guard/fleet/README.md",
  "spec/README.md",
  "spec/bench/README.md",
  "spec/emulator/README.md",
}


---@class spec.Block
---@field path string
---@field line integer of its first line
---@field section string the last heading before it
---@field kind string the word behind the opening fence, "" for none
---@field text string

--- A Markdown file without its fenced blocks, and those blocks.
---@param path string
---@return string prose
---@return spec.Block[] blocks
function readmes.read(path)
  local prose, blocks = {}, {}
  local block, section, number = nil, "", 0
  for line in (assert(system.read(path)) .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    local fence = line:match("^```(.*)$")
    if fence and block then
      block.text = table.concat(block.lines, "\n") .. "\n"
      blocks[#blocks + 1], block = block, nil
    elseif fence then
      block = {
        path = path, line = number + 1, section = section, kind = fence,
        lines = {},
      }
    elseif block then
      table.insert(block.lines, line)
    else
      prose[#prose + 1] = line
      section = line:match("^#+ (.*)") or section
    end
  end
  assert(not block, path .. ": a fence is not closed")
  return table.concat(prose, "\n") .. "\n", blocks
end


--- The blocks of all READMEs, or those of one kind.
---@param kind string?
---@return spec.Block[]
function readmes.blocks(kind)
  local list = {}
  for _, path in ipairs(readmes.paths) do
    for _, block in ipairs(select(2, readmes.read(path))) do
      if not kind or block.kind == kind then
        list[#list + 1] = block
      end
    end
  end
  return list
end


--- The block of that kind and file; there must be only one.
---@param path string
---@param kind string
---@return spec.Block
function readmes.block(path, kind)
  local found
  for _, block in ipairs(readmes.blocks(kind)) do
    if block.path == path then
      assert(not found, path .. " has several blocks of kind " .. kind)
      found = block
    end
  end
  return assert(found, path .. " has no block of kind " .. kind)
end


--- The prose of all READMEs, one after another.
---@return string
function readmes.prose()
  local all = {}
  for _, path in ipairs(readmes.paths) do
    all[#all + 1] = readmes.read(path)
  end
  return table.concat(all)
end


--- The anchors of a file's headings, as GitHub makes them: lower case, spaces
--- as dashes, and of punctuation only dashes and underscores.
---@param path string
---@return table<string, boolean>
function readmes.anchors(path)
  local anchors = {}
  for heading in ("\n" .. readmes.read(path)):gmatch("\n#+ ([^\n]+)") do
    local anchor = heading:lower():gsub("[^%w%-_ ]", ""):gsub(" ", "-")
    anchors[anchor] = true
  end
  return anchors
end


--- The targets of a file's links and pictures, in their order.
---@param path string
---@return string[]
function readmes.links(path)
  local links = {}
  for target in readmes.read(path):gmatch("%]%(([^%s)]+)%)") do
    links[#links + 1] = target
  end
  return links
end


return readmes

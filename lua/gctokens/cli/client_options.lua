--- The library's options that the command takes, made of the library's tables
-- in the form of gctokens.cli.grammar.

local described = require("gctokens.options.described")
local regions = require("gctokens.regions")


-- type of the option -> how the command calls its argument, and the converter
-- that makes a value of it
local ARGUMENTS = {
  seconds = { argument = "SECONDS", value = "seconds" },
  count = { argument = "COUNT", value = "whole" },
  concurrency = { argument = "COUNT", value = "concurrency" },
  rate = { argument = "COUNT", value = "rate" },
  text = { argument = "TEXT" },
  string = { argument = "TEXT", value = "any" },
  boolean = {}, -- a flag
}


local choices = {}

function choices.regions()
  local names = {}
  for name in pairs(regions.domains) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end


local function name_of(row)
  return row.command.name or row.name:gsub("_", "-")
end


-- option of the library -> with dashes, as the command names it
local command_name = {}

for _, row in ipairs(described.client) do
  command_name[row.name] = row.command and "--" .. name_of(row)
end


-- From Markdown to plain text, with the command's names of options.
local function plain(text)
  return (text:gsub("`(.-)`", function(code)
    return command_name[code] or code
  end))
end


local function help_of(row)
  local help = plain(row.command.help or row.help)
  if row.type == "boolean" then -- a flag is true when it is given
    return (help:gsub("^true: ", ""))
  end
  local default = row.default_text and plain(row.default_text)
    or row.default and row.default .. (row.unit and " " .. row.unit or "")
  return help .. (default and (" (default: %s)"):format(default) or "")
end


local function option_of(row)
  local command, argument = row.command, ARGUMENTS[row.type]
  return {
    name = name_of(row),
    argument = command.argument or argument.argument,
    value = argument.value,
    choices = command.choices and choices[command.choices](),
    help = help_of(row),
    library_name = row.name,
  }
end


local function options_of(rows)
  local options = {}
  for _, row in ipairs(rows) do
    if row.command then
      options[#options + 1] = option_of(row)
    end
  end
  return options
end


local client_options = {}


--- The options of every command that go to gctokens.new.
---@return table[]
function client_options.of_client()
  return options_of(described.client)
end


--- The options of a command that go to an operation.
---@param operation string
---@return table[]
function client_options.of_operation(operation)
  return options_of(described.operations[operation])
end


return client_options

--- The parser of the command line, made from the grammar with lua-argparse.

local argparse = require("argparse")
local core = require("gctokens.core")
local grammar = require("gctokens.cli.grammar")
local converters = require("gctokens.cli.converters")


local parser = {}


-- The field in which argparse marks that there is a command. The command target
-- says which one.
local NAMED = "has_command"


-- "base-url" -> "base_url", the name of the library's option
local function target_of(name)
  return (name:gsub("-", "_"))
end


local function examples_of(command)
  local lines = { "Examples:" }
  for _, example in ipairs(command.examples) do
    lines[#lines + 1] = ("   %s\n      %s"):format(example[1], example[2])
  end
  return table.concat(lines, "\n")
end


-- Adds the name of the option to the message, which argparse does not do.
local function converter(option)
  local convert = converters[option.value or "filled"]
  return function(text)
    local value, message = convert(text)
    return value, message and ("--%s: %s"):format(option.name, message)
  end
end


-- The choices of an option are for completion only: a region may be a domain,
-- too.
local function add_option(to, option)
  local properties = {
    name = (option.short and "-" .. option.short .. " " or "")
      .. "--" .. option.name,
    description = option.help,
    target = target_of(option.name),
    overwrite = not option.once,
  }
  if option.argument then
    properties.argname = "<" .. option.argument .. ">"
    properties.convert = converter(option)
    to:option(properties)
  else
    to:flag(properties)
  end
end


local function add_argument(to, argument)
  to:argument({
    name = argument.name,
    description = argument.help,
    args = argument.many and "*" or 1,
    choices = argument.choices,
  })
end


local function add_help(to, answer)
  to:add_help({
    action = function()
      answer(to:get_help() .. "\n")
    end,
  })
end


local add_commands


local function add_command(to, command, answer)
  local element = to:command(command.name)
    :target(NAMED) -- the default would be an option of the same name
    :summary(command.summary)
    :description(command.description)
    :epilog(examples_of(command)
      .. "\n\nOptions of every command: gctokens --help")
  add_help(element, answer)
  for _, argument in ipairs(command.arguments or {}) do
    add_argument(element, argument)
  end
  for _, option in ipairs(command.options or {}) do
    add_option(element, option)
  end
  if command.commands then
    element:require_command(false):command_target("subcommand")
    add_commands(element, command.commands, answer)
  end
end


function add_commands(to, commands, answer)
  for _, command in ipairs(commands) do
    add_command(to, command, answer)
  end
end


local function environment_lines()
  local lines = { "Environment:" }
  for _, row in ipairs(grammar.environment) do
    lines[#lines + 1] = ("   %-32s %s"):format(row[1], row[2])
  end
  lines[#lines + 1] = "\nExit codes:"
  for _, row in ipairs(grammar.exit_codes) do
    lines[#lines + 1] = ("   %-4s %s"):format(row[1], row[2])
  end
  lines[#lines + 1] = "\nExamples:"
  for _, command in ipairs(grammar.commands) do
    lines[#lines + 1] = "   " .. command.examples[1][1]
  end
  return table.concat(lines, "\n")
end


-- `answer` is called with the text of --help or --version.
local function new_parser(answer)
  local root = argparse(grammar.name)
    :description(grammar.description)
    :epilog(environment_lines())
    :command_target("command")
    :help_max_width(80)
  add_help(root, answer)
  for _, option in ipairs(grammar.options) do
    add_option(root, option)
  end
  root:flag("--version", "Show the version and exit."):action(function()
    answer(("gctokens %s\n"):format(core._VERSION))
  end)
  add_commands(root, grammar.commands, answer)
  return root
end


--- Reads the command line.
---@param arguments string[]
---@return table? options by name, with _ for -
---@return string? message what is wrong
---@return string? answer the text of --help or --version
function parser.read(arguments)
  local answer
  local root = new_parser(function(text)
    answer = text
    error("answered", 0) -- ends pparse
  end)
  local went_on, ok, result = pcall(root.pparse, root, arguments)
  if answer then
    return nil, nil, answer
  elseif not went_on then
    error(ok, 0) -- coverage: Ctrl-C replaces the hook that notes lines
  elseif not ok then
    return nil, (tostring(result):gsub("\n", ". "))
  end
  return result
end


return parser

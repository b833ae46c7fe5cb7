--- Views of the grammar that the manual page and the completion scripts share.

local grammar = require("gctokens.cli.grammar")

local syntax = {}


--- The options that the parser itself adds to every command.
syntax.own_options = {
  { name = "help", short = "h", help = "show the help of a command and exit" },
  { name = "version", help = "show the version and exit" },
}


local function visit_all(commands, prefix, visit)
  for _, command in ipairs(commands or {}) do
    local path = prefix .. " " .. command.name
    visit(path, command)
    visit_all(command.commands, path, visit)
  end
end


--- Calls `visit(path, command)` for every command and subcommand.
---@param visit fun(path: string, command: table)
function syntax.each_command(visit)
  visit_all(grammar.commands, grammar.name, visit)
end


--- What can follow `gctokens` and each of its commands: a list of tables.
---   path       such as "gctokens timeout set"
---   commands   its subcommands
---   options    its own options
---   arguments  its own arguments
---@return table[]
function syntax.places()
  local places = {}
  local function add(path, command)
    places[#places + 1] = {
      path = path,
      commands = command.commands or {},
      options = command.options or {},
      arguments = command.arguments or {},
    }
  end
  add(grammar.name, { commands = grammar.commands })
  syntax.each_command(add)
  return places
end


--- The options that every command has.
---@return table[]
function syntax.common_options()
  local options = {}
  for _, list in ipairs({ grammar.options, syntax.own_options }) do
    for _, option in ipairs(list) do
      options[#options + 1] = option
    end
  end
  return options
end


--- The options with an argument of all commands, each name once. Options of one
--- name take the same kind of argument in every command.
---@return table[]
function syntax.options_with_argument()
  local options, seen = {}, {}
  local function add(list)
    for _, option in ipairs(list) do
      if option.argument and not seen[option.name] then
        seen[option.name] = true
        options[#options + 1] = option
      end
    end
  end
  add(grammar.options)
  for _, place in ipairs(syntax.places()) do
    add(place.options)
  end
  return options
end


--- What completes the argument of an option: "choices", "files" or "nothing".
---@param option table
---@return string
function syntax.completed_by(option)
  return option.choices and "choices" or option.argument == "FILE" and "files"
    or "nothing"
end


return syntax

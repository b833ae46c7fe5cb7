--- Views of the grammar that manual page and completion share.

local grammar = require("gctokens.cli.grammar")

local syntax = {}


--- The options that the parser has of its own, for every command.
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


--- Calls `visit(path, command)` for every command, those below others too.
---@param visit fun(path: string, command: table)
function syntax.each_command(visit)
  visit_all(grammar.commands, grammar.name, visit)
end


--- What can follow `gctokens`, and each of its commands: a list of tables.
---   path       as "gctokens timeout set"
---   commands   those below it
---   options    its own
---   arguments  its own
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


--- The options of every command.
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


--- The options of all commands that take an argument, each name once: an
--- option of one name takes the same kind of argument everywhere.
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

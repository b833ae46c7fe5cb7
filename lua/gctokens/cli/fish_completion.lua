--- The completion script for fish, from version 3 on.

local completion = require("gctokens.cli.completion")
local syntax = require("gctokens.cli.syntax")

local fish_completion = {}


local TEMPLATE = [==[
# Completion of gctokens for fish.

function __gctokens_is_at --description 'Whether the cursor is at a place'
    set -l place gctokens
    set -l is_argument 0
    set -l words (commandline --tokenize --current-process --cut-at-cursor)
    for word in $words[2..-1]
        if test $is_argument = 1
            set is_argument 0
            continue
        end
        switch $place/$word
            case @TAKING@
                set is_argument 1
            case @COMMANDS@
                set place $place/$word
        end
    end
    test $place = $argv[1]
end

complete -c gctokens -e
complete -c gctokens -f
@LINES@
]==]


-- A text in single quotes, as fish reads it.
local function quoted(text)
  return "'" .. text:gsub("[\\']", "\\%0") .. "'"
end


local function listed(words)
  return quoted(table.concat(words, " "))
end


-- What `complete` says of an option with an argument: -r requires one, -F
-- offers files, -x requires one and offers no files.
local ARGUMENTS = {
  choices = function(option)
    return " -x -a " .. listed(option.choices)
  end,
  files = function()
    return " -r -F"
  end,
  nothing = function()
    return " -x"
  end,
}


local function option_of(option)
  local argument = option.argument
    and ARGUMENTS[syntax.completed_by(option)](option) or ""
  return (option.short and " -s " .. option.short or "")
    .. " -l " .. option.name .. argument .. " -d " .. quoted(option.help)
end


local function command_of(command)
  return " -a " .. command.name .. " -d " .. quoted(command.summary)
end


local function choices_of(argument)
  return argument.choices and " -a " .. listed(argument.choices) or nil
end


local function lines_of_place(place)
  local start = ("complete -c gctokens -n '__gctokens_is_at %s'"):format(
    completion.place(place.path))
  local lines = {}
  local function add(list, convert)
    for _, rest in ipairs(completion.map(list, convert)) do
      lines[#lines + 1] = start .. rest
    end
  end
  add(place.commands, command_of)
  add(place.arguments, choices_of)
  add(place.options, option_of)
  return #lines > 0 and table.concat(lines, "\n") or nil
end


--- The script.
---@return string
function fish_completion.script()
  local lines = completion.map(syntax.places(), lines_of_place)
  for _, rest in ipairs(completion.map(syntax.common_options(), option_of)) do
    lines[#lines + 1] = "complete -c gctokens" .. rest
  end
  return completion.fill(TEMPLATE, {
    TAKING = table.concat(
      completion.map(completion.argument_patterns(), quoted), " "),
    COMMANDS = table.concat(completion.command_places(), " "),
    LINES = table.concat(lines, "\n"),
  })
end


return fish_completion

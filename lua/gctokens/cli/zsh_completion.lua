--- The completion script for zsh: a file in fpath, or a text to evaluate.

local completion = require("gctokens.cli.completion")
local shell = require("gctokens.cli.shell")
local syntax = require("gctokens.cli.syntax")

local zsh_completion = {}


local TEMPLATE = [==[
#compdef gctokens
# Completion of gctokens for zsh.

_gctokens() {
  local curcontext=$curcontext place=gctokens option= word= state= ret=1
  local -a line options commands arguments
  local -A opt_args
  integer i

  # Removes the commands, so that _arguments sees options and arguments only.
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ -n $option ]]; then
      option=
      continue
    fi
    case $place/$word in
      (@TAKING@) option=$word ;;
      (@COMMANDS@)
        place+=/$word
        words[i--]=()
        (( CURRENT-- )) ;;
    esac
  done

  case $place in
@PLACES@
  esac
  options+=(
@EVERYWHERE@
  )
  (( ! $#commands )) || arguments=('1: :->commands')

  _arguments -C -s -S : $options $arguments && ret=0
  if [[ $state == commands ]]; then
    _describe -t commands command commands && ret=0
  fi
  return ret
}

if [[ ${funcstack[1]-} == _gctokens ]]; then
  _gctokens "$@" # the first call of a function that is loaded from fpath
elif (( ${+functions[compdef]} )); then
  compdef _gctokens gctokens
else
  print -u2 'gctokens: completion needs compinit before it'
fi
]==]


-- Escapes the characters that are special in the explanation of an option.
local function escaped(text)
  return (text:gsub("[%[%]:\\]", "\\%0"))
end


local function listed(choices)
  return "(" .. table.concat(choices, " ") .. ")"
end


-- The actions of _arguments, by what completes the argument of an option.
local ACTIONS = {
  choices = function(option)
    return listed(option.choices)
  end,
  files = function()
    return "_files"
  end,
  nothing = function()
    return ""
  end,
}


-- An option as an argument of _arguments.
local function option_of(option)
  local name = "--" .. option.name
  local explanation = "[" .. escaped(option.help) .. "]"
  if option.argument then
    local action = ACTIONS[syntax.completed_by(option)](option)
    return shell.quote(("%s=%s:%s:%s"):format(name, explanation,
      option.argument, action))
  elseif option.short then
    return ("'(-%s %s)'{-%s,%s}%s"):format(option.short, name, option.short,
      name, shell.quote(explanation))
  end
  return shell.quote(name .. explanation)
end


local function argument_of(argument)
  return shell.quote(("%s:%s:%s"):format(argument.many and "*" or "1",
    argument.name, argument.choices and listed(argument.choices) or ""))
end


local function command_of(command)
  return shell.quote(command.name .. ":" .. command.summary)
end


local INDENT = "\n        "

local function array(name, list)
  return #list > 0 and ("      %s=(%s%s\n      )\n"):format(name, INDENT,
    table.concat(list, INDENT)) or ""
end


local function case_of(place)
  return ("    (%s)\n%s%s%s      ;;"):format(completion.place(place.path),
    array("options", completion.map(place.options, option_of)),
    array("commands", completion.map(place.commands, command_of)),
    array("arguments", completion.map(place.arguments, argument_of)))
end


--- The script.
---@return string
function zsh_completion.script()
  return completion.fill(TEMPLATE, {
    TAKING = table.concat(completion.argument_patterns(), "|"),
    COMMANDS = table.concat(completion.command_places(), "|"),
    PLACES = table.concat(completion.map(syntax.places(), case_of), "\n"),
    EVERYWHERE = "    " .. table.concat(
      completion.map(syntax.common_options(), option_of), "\n    "),
  })
end


return zsh_completion

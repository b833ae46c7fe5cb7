--- The completion script for bash, from version 4 on.

local completion = require("gctokens.cli.completion")
local syntax = require("gctokens.cli.syntax")

local bash_completion = {}


local TEMPLATE = [==[
# Completion of gctokens for bash.

_gctokens() {
  local IFS=$' \t\n' place=gctokens option= word= token= options= list=
  local home= typed cut line i
  COMPREPLY=()

  # Bash cuts words at the characters of COMP_WORDBREAKS. Two of them, = and :,
  # occur in options and URLs.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    token=${COMP_WORDS[i]-}
    if [[ $token == [=:]* || $word == *[=:] ]]; then
      word+=$token
      continue
    fi
    if [[ -n $option ]]; then
      option=
    else
      case $place/$word in
        @TAKING@) option=$word ;;
        @COMMANDS@) place+=/$word ;;
      esac
    fi
    word=$token
  done

  # A completion replaces the last token only; the word before it stays.
  cut=$word
  [[ $token == [=:]* ]] || cut=${word%"$token"}
  typed=$word
  if [[ -z $option && $word == --*=* ]]; then
    option=${word%%=*}
    typed=${word#*=}
  fi
  word=${word%"$typed"}

  case $option in
    @FILES@)
      compopt -o filenames -o default 2> /dev/null || :
      case $typed in
        \'*) typed=${typed#\'} ;;
        *) IFS= read typed <<< "${typed#\"}" || : ;; # without backslashes
      esac
      [[ $typed != '~/'* ]] || home=$HOME
      typed=$home${typed#"${home:+~}"}
      [[ -z $typed ]] || printf -v typed %q "$typed"
      list=$(compgen -G "$typed*") || : ;;
@CHOICES@
    '')
      case $place in
@PLACES@
      esac
      [[ $typed != -* ]] || list=$options' @EVERYWHERE@'
      list=$(compgen -W "$list" -- "$typed") || : ;;
  esac
  while IFS= read -r line; do
    [[ -n $line ]] || continue
    [[ -z $home ]] || line="~${line#"$home"}"
    line=$word$line
    COMPREPLY+=("${line#"$cut"}")
  done <<< "$list"
}

complete -F _gctokens gctokens
]==]


-- The alternatives of a case.
local function any_of(patterns)
  return table.concat(patterns, " | ")
end


local function choices_of(option)
  if option.choices then
    return ("    --%s) list=$(compgen -W '%s' -- \"$typed\") || : ;;"):format(
      option.name, table.concat(option.choices, " "))
  end
end


local function words_at(place)
  local words = completion.map(place.commands, function(command)
    return command.name
  end)
  for _, argument in ipairs(place.arguments) do
    for _, choice in ipairs(argument.choices or {}) do
      words[#words + 1] = choice
    end
  end
  return ("        %s) list='%s' options='%s' ;;"):format(
    completion.place(place.path), table.concat(words, " "),
    table.concat(completion.long_names(place.options), " "))
end


--- The script.
---@return string
function bash_completion.script()
  local function lines_of(list, convert)
    return table.concat(completion.map(list, convert), "\n")
  end
  return completion.fill(TEMPLATE, {
    TAKING = any_of(completion.argument_patterns()),
    COMMANDS = any_of(completion.command_places()),
    FILES = any_of(completion.with_argument("files")),
    CHOICES = lines_of(syntax.options_with_argument(), choices_of),
    PLACES = lines_of(syntax.places(), words_at),
    EVERYWHERE = table.concat(
      completion.long_names(syntax.common_options()), " "),
  })
end


return bash_completion

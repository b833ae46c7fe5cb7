--- Completion scripts: what those of all shells share.
--
-- Each script walks over the words before the cursor. It skips the arguments of
-- options, and each command leads to a place such as gctokens/timeout/set. The
-- place decides what is offered.

local syntax = require("gctokens.cli.syntax")

local completion = {}


--- The name of a place in the scripts.
---@param path string as "gctokens timeout set"
---@return string
function completion.place(path)
  return (path:gsub(" ", "/"))
end


--- The list of what a function returns for each element, without the nils.
---@generic T
---@param list T[]
---@param convert fun(element: T): string?
---@return string[]
function completion.map(list, convert)
  local converted = {}
  for _, element in ipairs(list) do
    converted[#converted + 1] = convert(element)
  end
  return converted
end


--- The long names of options.
---@param options table[]
---@return string[] names with two dashes
function completion.long_names(options)
  return completion.map(options, function(option)
    return "--" .. option.name
  end)
end


--- The options whose argument is completed in one way, or all with an argument.
---@param by string? of syntax.completed_by
---@return string[] names with two dashes
function completion.with_argument(by)
  return completion.long_names(completion.map(syntax.options_with_argument(),
    function(option)
      return (not by or syntax.completed_by(option) == by) and option or nil
    end))
end


--- Patterns of a place and an option with an argument after it.
---@return string[]
function completion.argument_patterns()
  return completion.map(completion.with_argument(), function(name)
    return "*/" .. name
  end)
end


--- The places of all commands.
---@return string[]
function completion.command_places()
  local places = {}
  syntax.each_command(function(path)
    places[#places + 1] = completion.place(path)
  end)
  return places
end


--- Fills a template: @NAME@ becomes `values.NAME`.
---@param template string
---@param values table<string, string>
---@return string
function completion.fill(template, values)
  return (template:gsub("@(%u+)@", values))
end


--- The script for a shell.
---@param shell string a name in the grammar
---@return string
function completion.script(shell)
  return require("gctokens.cli." .. shell .. "_completion").script()
end


return completion

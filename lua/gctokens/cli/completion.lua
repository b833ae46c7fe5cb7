--- What makes a shell complete the command: a script, made of the grammar and
-- of what is the shell's own.
--
-- All three shells find out in the same way where on the line they are: of the
-- words before the cursor those that are an option's argument are passed over,
-- and those that are a command lead to a place such as gctokens/timeout/set.

local syntax = require("gctokens.cli.syntax")

local completion = {}


--- A place as the scripts spell it.
---@param path string as "gctokens timeout set"
---@return string
function completion.place(path)
  return (path:gsub(" ", "/"))
end


--- A list of what a function returns for each.
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


--- Names after two dashes.
---@param options table[]
---@return string[]
function completion.long_names(options)
  return completion.map(options, function(option)
    return "--" .. option.name
  end)
end


--- The options whose argument is completed by this, or all that have one.
---@param by string? of syntax.completed_by
---@return string[] names after two dashes
function completion.with_argument(by)
  return completion.long_names(completion.map(syntax.options_with_argument(),
    function(option)
      return (not by or syntax.completed_by(option) == by) and option or nil
    end))
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

--- What goes wrong: one sentence for people, an exit code for programs.

local grammar = require("gctokens.cli.grammar")

local exit = {}


exit.REFUSED = 1
exit.USAGE = 2
exit.TROUBLE = 3
exit.UNAUTHORISED = 4
exit.INTERRUPTED = 130


-- Statuses that say that the request, not the server, is what must change.
local REFUSED = {
  [400] = true, [404] = true, [409] = true, [413] = true, [415] = true,
}

-- A grant that the login refused; others could not be asked for.
local UNAUTHORISED = { [400] = true, [401] = true, [403] = true }


local Exit = {}


--- Ends the command: raises what gctokens.cli turns into a message and an
--- exit code.
---@param code integer
---@param message string
function exit.raise(code, message)
  error(setmetatable({ code = code, message = message }, Exit), 0)
end


---@param message string
function exit.usage(message)
  exit.raise(exit.USAGE, message)
end


---@param value any
---@return boolean
function exit.is(value)
  return getmetatable(value) == Exit
end


local function is_refused_grant(err)
  return err.cause == nil and (err.status == nil or UNAUTHORISED[err.status])
    or false
end


--- The exit code for an error of the library.
---@param err gctokens.Error
---@return integer
function exit.code_of(err)
  if err.kind == "argument" then
    return exit.USAGE
  elseif err.proxy_status == 407 then
    return exit.UNAUTHORISED
  elseif err.kind == "auth" then
    return is_refused_grant(err) and exit.UNAUTHORISED or exit.TROUBLE
  elseif err.kind ~= "api" then
    return exit.TROUBLE
  elseif err.status == 401 or err.status == 403 or err.status == 407 then
    return exit.UNAUTHORISED
  end
  return REFUSED[err.status] and exit.REFUSED or exit.TROUBLE
end


-- The library's names of options that are not plain words -> the command's.
local OPTION_NAMES = {}

for _, option in ipairs(grammar.options) do
  local name, dashes = option.name:gsub("-", "_")
  OPTION_NAMES[name] = dashes > 0 and "--" .. option.name or nil
end


--- A text of the library with the options in the command's spelling.
---@param text string
---@return string
function exit.in_command_words(text)
  return (text:gsub("%f[%w_]%l+_[%l_]*%l", OPTION_NAMES))
end


--- Ends the command with an error of the library.
---@param err gctokens.Error
function exit.of(err)
  exit.raise(exit.code_of(err), exit.in_command_words(tostring(err)))
end


return exit

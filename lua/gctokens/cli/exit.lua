--- Ends the command early: a message of one sentence and an exit code.

local grammar = require("gctokens.cli.grammar")

local exit = {}


-- The exit codes of the grammar.
exit.REFUSED = 1
exit.USAGE = 2
exit.TROUBLE = 3
exit.UNAUTHORISED = 4
exit.INTERRUPTED = 130


-- Statuses of a request that the API would refuse again.
local REFUSED = {
  [400] = true, [404] = true, [409] = true, [413] = true, [415] = true,
}

-- Statuses with which the login refuses a grant.
local UNAUTHORISED = { [400] = true, [401] = true, [403] = true }


local Exit = {}


--- Ends the command. gctokens.cli prints the message and exits with the code.
---@param code integer
---@param message string
function exit.raise(code, message)
  error(setmetatable({ code = code, message = message }, Exit), 0)
end


--- Ends the command because of wrong usage or unusable input.
---@param message string
function exit.usage(message)
  exit.raise(exit.USAGE, message)
end


--- Whether a raised value is of exit.raise.
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


-- The names of options in the library, such as ca_file -> the names in the
-- command. Names of one word are left out: a message may use them as words.
local OPTION_NAMES = {}

for _, option in ipairs(grammar.options) do
  local name, dashes = option.name:gsub("-", "_")
  OPTION_NAMES[name] = dashes > 0 and "--" .. option.name or nil
end


--- A message of the library with the names that the command gives to options.
---@param text string
---@return string
function exit.in_command_words(text)
  return (text:gsub("%f[%w_]%l+_[%l_]*%l", OPTION_NAMES))
end


--- Ends the command with an error of the library.
---@param err gctokens.Error
function exit.with_error(err)
  exit.raise(exit.code_of(err), exit.in_command_words(tostring(err)))
end


return exit

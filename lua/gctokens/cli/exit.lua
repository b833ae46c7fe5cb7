--- What goes wrong: one sentence for people, an exit code for programs.

local grammar = require("gctokens.cli.grammar")

local failure = {}


failure.REFUSED = 1
failure.USAGE = 2
failure.TROUBLE = 3
failure.UNAUTHORISED = 4
failure.INTERRUPTED = 130


-- Statuses that say that the request, not the server, is what must change.
local REFUSED = {
  [400] = true, [404] = true, [409] = true, [413] = true, [415] = true,
}

-- A grant that the login refused; others could not be asked for.
local UNAUTHORISED = { [400] = true, [401] = true, [403] = true }


local Failure = {}


--- Ends the command: raises what gctokens.cli turns into a message and an
--- exit code.
---@param code integer
---@param message string
function failure.raise(code, message)
  error(setmetatable({ code = code, message = message }, Failure), 0)
end


---@param message string
function failure.usage(message)
  failure.raise(failure.USAGE, message)
end


---@param value any
---@return boolean
function failure.is(value)
  return getmetatable(value) == Failure
end


local function is_refused_grant(err)
  return err.cause == nil and (err.status == nil or UNAUTHORISED[err.status])
    or false
end


--- The exit code for an error of the library.
---@param err gctokens.Error
---@return integer
function failure.code_of(err)
  if err.kind == "argument" then
    return failure.USAGE
  elseif err.proxy_status == 407 then
    return failure.UNAUTHORISED
  elseif err.kind == "auth" then
    return is_refused_grant(err) and failure.UNAUTHORISED or failure.TROUBLE
  elseif err.kind ~= "api" then
    return failure.TROUBLE
  elseif err.status == 401 or err.status == 403 or err.status == 407 then
    return failure.UNAUTHORISED
  end
  return REFUSED[err.status] and failure.REFUSED or failure.TROUBLE
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
function failure.in_command_words(text)
  return (text:gsub("%f[%w_]%l+_[%l_]*%l", OPTION_NAMES))
end


--- Ends the command with an error of the library.
---@param err gctokens.Error
function failure.of(err)
  failure.raise(failure.code_of(err), failure.in_command_words(tostring(err)))
end


return failure

--- The options of one call: checked, and completed from the client's. The
-- tables gctokens.options.client and gctokens.options.operations list them.

local options = require("gctokens.options")
local rows = require("gctokens.options.client")
local operations = require("gctokens.options.operations")
local validate = require("gctokens.validate")


local NONE = {}

local own_checks = {}


function own_checks.is_concurrency(value)
  return validate.is_count(value) == true and value <= 1024
    or "a whole number from 1 to 1024"
end


function own_checks.is_rate(value)
  return value == false
    or type(value) == "number" and value > 0 and value < math.huge
    or "false or a number above 0"
end


-- operation -> checks of all options that it takes
local checks = {}

-- Made when the operation is first called with options.
local function make_checks(operation)
  local made = validate.checks_of(operations[operation] or NONE, own_checks)
  for _, row in ipairs(rows) do
    if row.call and row.except ~= operation then
      made[row.name] = options.checks[row.name]
    end
  end
  checks[operation] = made
  return made
end


-- Headers of a call replace the client's of the same name, in any letter case.
local function merged(base, extra)
  if not base or not extra then
    return extra or base
  end
  local both, lower = {}, {}
  for name, value in pairs(extra) do
    both[name], lower[name:lower()] = value, true
  end
  for name, value in pairs(base) do
    if not lower[name:lower()] then
      both[name] = value
    end
  end
  return both
end


local call_options = {}


--- Checks the options of one call and completes them. Raises on the first that
--- is wrong.
---@param client_options table the client's own call options
---@param operation string
---@param user_options table
---@param arguments table gets the options that only this operation takes
---@return table call_options
function call_options.complete(client_options, operation, user_options,
                               arguments)
  local user = validate.copy(operation, user_options)
  validate.all(operation, user, checks[operation] or make_checks(operation))
  local own = operations[operation] or NONE
  for i = 1, #own do
    local row = own[i]
    local value = user[row.name]
    if value == nil then
      value = row.default
    end
    arguments[row.name] = value
  end
  local retry = client_options.retry
  if user.retry ~= nil then
    retry = options.completed(user.retry, options.defaults.retry)
  end
  return {
    access_token = user.access_token,
    timeout = user.timeout or client_options.timeout,
    connect_timeout = user.connect_timeout or client_options.connect_timeout,
    deadline = user.deadline or client_options.deadline,
    retry = retry,
    headers = merged(client_options.headers, user.headers),
    on_attempt = client_options.on_attempt,
  }
end


return call_options

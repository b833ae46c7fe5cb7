--- Revokes a token at Genesys, with one call, and notes that it is invalid.

local client_call = require("gctokens.guard.client_call")
local clock = require("gctokens.guard.clock")
local errors = require("gctokens.errors")
local retry = require("gctokens.retry")
local verdict = require("gctokens.guard.verdict")


---@class gctokens.guard.Revocation: gctokens.guard.Task
---@field client gctokens.Client
---@field cache gctokens.guard.Cache
---@field limiter gctokens.guard.ConcurrencyLimiter
---@field log gctokens.NginxLog
---@field negative_ttl number seconds
local Revocation = {}

local revocation_metatable = { __index = Revocation }

Revocation.prefix = "r"


local revocation = {}


---@param fields gctokens.guard.Revocation its fields; this table becomes the
---  revocation
---@return gctokens.guard.Revocation
function revocation.new(fields)
  return setmetatable(fields, revocation_metatable)
end


local function delete(self, context, token)
  local has_returned, deleted, err = client_call.run(self.log, self.client,
    "delete_tokens_me", context.key, {
      access_token = token,
      deadline = retry.seconds_until(context.calls_end, clock.now()),
      retry = retry.default,
    })
  if not has_returned then
    return verdict.not_asked("an internal error")
  elseif not deleted and not errors.is_token_invalid(err) then
    return { state = "unavailable", err = err }
  end
  return { state = "invalid_token", revoked = deleted }
end


-- ---- as a task, see tasks.lua ----------------------------------------------

--- Whatever is known, Genesys is asked: nothing else revokes a token.
function Revocation.find()
  return nil
end


--- The verdict has `problem` when the shared dict did not take the mark.
function Revocation:run(context, token)
  local has_run, found = self.limiter:run(context.is_known, context.calls_end,
    delete, self, context, token)
  if not has_run then
    return verdict.not_asked("all connections are in use")
  elseif found.state == "invalid_token" then
    local noted, problem = self.cache:invalidate(context.key)
    self.cache:store_negative(
      context.key, found, self.negative_ttl, clock.now())
    found.problem = not noted and problem or nil
  end
  return found
end


return revocation

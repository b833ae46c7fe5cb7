--- Revokes a token at Genesys, with one call, and notes that it is invalid.

local bearer = require("gctokens.guard.request.bearer")
local client_call = require("gctokens.guard.lookup.client_call")
local clock = require("gctokens.guard.clock")
local errors = require("gctokens.errors")
local invalidation = require("gctokens.guard.invalidation")
local retry = require("gctokens.retry")
local verdict = require("gctokens.guard.lookup.verdict")


---@class gctokens.guard.Revocation: gctokens.guard.Task
---@field client gctokens.Client
---@field cache gctokens.guard.Cache
---@field fleet gctokens.guard.Fleet?
---@field limiter gctokens.guard.ConcurrencyLimiter
---@field log gctokens.NginxLog
---@field key_prefixes string[] of the tokens' keys
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


-- What Genesys did not speak of is forgotten only, and looked up anew. That was
-- done here already. A token that was invalid before is not noted as revoked:
-- anybody can send one.
local function forget(self, keys, found)
  local is_invalid = found.state == "invalid_token"
  if not is_invalid and not self.fleet then
    return
  end
  local ok, problem
  ok, problem, found.fleet_err = invalidation.run(
    self.cache, self.fleet, found.revoked and "d" or "t", keys)
  if is_invalid then
    self.cache:store_negative(keys[1], found, self.negative_ttl, clock.now())
    found.problem = not ok and problem or nil
  end
end


--- The verdict has `problem` when the shared dict did not take the mark, and
--- `fleet_err` when the fleet was not told.
function Revocation:run(context, token)
  local has_run, found = self.limiter:run(context.is_known, context.calls_end,
    delete, self, context, token)
  if not has_run then
    found = verdict.not_asked("all connections are in use")
  end
  forget(self, bearer.keys(self.key_prefixes, token), found)
  return found
end


return revocation

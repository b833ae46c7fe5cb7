--- The question whether a token is invalid now: one call to Genesys that
--- revokes it,
-- and a note of it here.

local attempt = require("gctokens.guard.attempt")
local clock = require("gctokens.guard.clock")
local errors = require("gctokens.errors")
local verdict = require("gctokens.guard.verdict")


---@class gctokens.guard.Revocation: gctokens.guard.Question
local Revocation = { prefix = "r" }

local revocation_metatable = { __index = Revocation }


local revocation = {}


---@param settings table client, cache, log, slots, negative_ttl in seconds
function revocation.new(settings)
  return setmetatable({
    client = settings.client,
    cache = settings.cache,
    log = settings.log,
    slots = settings.slots,
    negative_ttl = settings.negative_ttl,
  }, revocation_metatable)
end


-- ---- as a question, see flights.lua ----------------------------------------

-- Whatever is known, Genesys is asked: nothing else revokes a token.
function Revocation.find()
  return nil
end


local function delete(self, flight, token)
  local client = self.client
  local has_returned, deleted, err = attempt.make(self.log, "revoke",
    flight.key, token, client.delete_tokens_me, client, {
      access_token = token, deadline = attempt.deadline(flight.calls_end),
    })
  if not has_returned then
    return verdict.not_asked("an internal error")
  elseif not deleted and not errors.is_token_invalid(err) then
    return { state = "unavailable", err = err }
  end
  return { state = "invalid_token", revoked = deleted }
end


function Revocation:answer(flight, token)
  local has_run, answer = self.slots:run(flight.is_known, flight.calls_end,
    delete, self, flight, token)
  if not has_run then
    return verdict.not_asked("all connections are in use")
  elseif answer.state == "invalid_token" then
    local noted, problem = self.cache:invalidate(flight.key)
    self.cache:store_refusal(
      flight.key, answer, self.negative_ttl, clock.now())
    answer.problem = not noted and problem or nil
  end
  return answer
end


return revocation

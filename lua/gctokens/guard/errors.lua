--- The errors that methods of the guard return to Lua code.

local denials = require("gctokens.guard.denials")
local errors = require("gctokens.errors")


local faults = {}


--- Why guard:check does not let a token through.
---@param name string of the answer that guard:access would give
---@param verdict gctokens.guard.Verdict? nil: the token is malformed
---@return gctokens.Error
function faults.of_answer(name, verdict)
  local status, description = denials.meaning(name)
  return errors.wrap({
    kind = name,
    operation = "check",
    status = status,
    reason = description,
    message = "could not check the token: " .. description,
    retryable = status == 503,
    retry_after = status == 503
      and denials.retry_after(verdict and verdict.retry_after) or nil,
  })
end


--- Why a token was not revoked: what the client says, or the guard, which did
--- not get to ask. Those who shared the call get an error each.
---@param verdict gctokens.guard.Verdict
---@return gctokens.Error
function faults.of_revocation(verdict)
  return errors.copy(verdict.err)
    or errors.new("unavailable", "revoke", verdict.reason, {
      status = 503,
      retryable = true,
      retry_after = denials.retry_after(),
    })
end


--- Why something was not noted.
---@param method string
---@param problem string what the shared dict says
---@return gctokens.Error
function faults.of_dict(method, problem)
  return errors.new("store", method,
    "the shared dict refused: " .. tostring(problem), { retryable = true })
end


return faults

--- The errors that methods of the guard return to Lua code.

local denials = require("gctokens.guard.request.denials")
local errors = require("gctokens.errors")


local guard_errors = {}


--- Of guard:check: the token is not let through.
---@param name string of the denial that guard:access would send
---@param verdict gctokens.guard.Verdict? nil: the token is malformed
---@return gctokens.Error
function guard_errors.denied(name, verdict)
  local denial = denials.of(name)
  local status, description = denial.status, denial.description
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


--- Of guard:revoke: the client's error, or the guard's own when it did not get
--- to ask. All who shared the call get a copy.
---@param verdict gctokens.guard.Verdict
---@return gctokens.Error
function guard_errors.not_revoked(verdict)
  return errors.copy(verdict.err)
    or errors.new("unavailable", "revoke", verdict.reason, {
      status = 503,
      retryable = true,
      retry_after = denials.retry_after(),
    })
end


--- The shared dict did not take a mark.
---@param method string of the guard
---@param err string? of the shared dict
---@return gctokens.Error
function guard_errors.not_marked(method, err)
  return errors.new("store", method,
    "the shared dict refused: " .. tostring(err), { retryable = true })
end


--- This machine has forgotten, and the fleet was not told. It will be.
---@param method string of the guard
---@param err string
---@return gctokens.Error
function guard_errors.fleet_not_told(method, err)
  return errors.new("fleet", method,
    "this machine did, and the fleet was not told yet: " .. err,
    { retryable = true, revoked = method == "revoke" or nil })
end


return guard_errors

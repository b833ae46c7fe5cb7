--- Leadership: who does a piece of work that others rely on.
--
-- One leader at a time is trusted, until a time that it may put off. After that
-- anybody may take over; each leader has a number, its term (as in Raft), by
-- which one that was replaced learns that it leads no more.
--
-- A leader that is detached does not end with the caller that needs the work,
-- as in nginx, where a client that goes away ends its request. nginx may drop a
-- timer that it has accepted, so a detached leader is trusted for a moment only
-- until it begins. It gets all that it needs as arguments: an upvalue of a
-- request's coroutine may hold another request's value after ngx.exit()
-- (openresty/lua-nginx-module issue 2312).


-- Seconds for which a detached leader that has not begun is trusted.
local BEGIN_SECONDS = 0.1


---@class gctokens.Leadership
---@field trusted_until number time of the loop's clock
---@field term integer number of the current leader; 0: there was none yet
local Leadership = {}

local leadership_metatable = { __index = Leadership }


--- Whether there is a leader on whom others may rely.
---@param now number
---@return boolean
function Leadership:is_trusted(now)
  return now < self.trusted_until
end


--- Whether the leader of that term has not been replaced.
---@param term integer
---@return boolean
function Leadership:is_current(term)
  return term == self.term
end


--- Makes the caller the leader, in place of the one before.
---@param trusted_until number
---@return integer term
function Leadership:take(trusted_until)
  self.term = self.term + 1
  self.trusted_until = trusted_until
  return self.term
end


--- Trusts the current leader until then.
---@param trusted_until number
function Leadership:extend(trusted_until)
  self.trusted_until = trusted_until
end


--- Ends the trust: anybody may take over at once.
function Leadership:resign()
  self.trusted_until = -math.huge
end


local function lead_detached(leadership, term, lead, ...)
  if leadership:is_current(term) then
    lead(term, ...)
  end
end


--- Makes a detached leader, which runs lead(term, ...) unless it has been
--- replaced before it begins.
---@param loop gctokens.Loop
---@param lead function no closure of a request, see above
---@param ... any further arguments of `lead`
---@return boolean accepted false: the loop cannot, and there is no leader
function Leadership:detach(loop, lead, ...)
  local term = self:take(loop.now() + BEGIN_SECONDS)
  if loop.detach(lead_detached, self, term, lead, ...) then
    return true
  end
  self:resign()
  return false
end


local leadership = {}


--- Nobody leads yet.
---@return gctokens.Leadership
function leadership.new()
  return setmetatable({
    term = 0, trusted_until = -math.huge,
  }, leadership_metatable)
end


return leadership

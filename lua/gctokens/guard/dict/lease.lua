--- Leases in a shared dict: work that one worker does at a time. A lease ends
-- with its time, or with the process that holds it, if that is earlier.

local ffi = require("ffi")

local clock = require("gctokens.guard.clock")

local ngx = ngx


-- Another module may have declared it before.
pcall(ffi.cdef, "int kill(int pid, int signal);")

local NO_SUCH_PROCESS = 3 -- ESRCH, on Linux, the BSDs and macOS
local LARGEST_PID = 2 ^ 31 - 1
local LONGEST = 3600 -- seconds; a lease that lasts longer is damaged


---@class gctokens.guard.Lease
local Lease = {}

local lease_metatable = { __index = Lease }


local lease = {}


---@param dict table of ngx.shared
---@param pinned gctokens.guard.PinnedDict? of the dict, where a lease is worth
---  an eviction. Without it, there are no leases while the dict is full, and
---  every worker does the work
---@return gctokens.guard.Lease
function lease.new(dict, pinned)
  return setmetatable({
    dict = dict, pinned = pinned, count = 0,
  }, lease_metatable)
end


-- Whether a value in the dict is the owner of a lease that has not ended: a
-- process id, a number, and the end in seconds of the guard's clock, "4711 3
-- 52.250". The dict's own expiry is by the wall clock: when that is set back an
-- hour, the dict keeps a lease an hour longer.
local function is_holding(owner)
  local pid, ends
  if type(owner) == "string" then
    pid, ends = owner:match("^(%d+) %d+ ([%d.]+)$")
  end
  pid, ends = tonumber(pid), tonumber(ends)
  if not pid or not ends or pid < 1 or pid > LARGEST_PID then
    return false -- damaged
  end
  local left = ends - clock.now()
  if left <= 0 or left > LONGEST then
    return false -- ended, or damaged
  end
  return ffi.C.kill(pid, 0) == 0 or ffi.errno() ~= NO_SUCH_PROCESS
end


--- Whether a process holds a lease.
---@param key string
---@return boolean
function Lease:is_held(key)
  return is_holding(self.dict:get(key))
end


local function add(self, key, owner, seconds)
  if self.pinned then
    return self.pinned:add(key, owner, seconds)
  end
  return self.dict:safe_add(key, owner, seconds)
end


--- Takes a lease, unless a process holds it.
---@param key string
---@param seconds number until it ends
---@return string? owner for `release`; nil: it is held
function Lease:take(key, seconds)
  self.count = self.count + 1
  local owner = ("%d %d %.3f"):format(
    ngx.worker.pid(), self.count, clock.now() + seconds)
  local taken, err = add(self, key, owner, seconds)
  if err == "exists" and not self:is_held(key) then
    -- Two workers that see this at once may both get it: both do the work.
    self.dict:delete(key)
    taken, err = add(self, key, owner, seconds)
  end
  if taken or err == "no memory" and not self.pinned then
    return owner
  end
  return nil
end


--- Ends a lease. Comparing and deleting are two steps, so the work must be over
--- before the lease ends: between them it might become another worker's.
---@param key string
---@param owner string
function Lease:release(key, owner)
  if self.dict:get(key) == owner then
    self.dict:delete(key)
  end
end


return lease

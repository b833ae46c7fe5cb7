--- Leases in a shared dict: what one worker does, no other does at the same
-- time. A lease ends with its time, and no later than the process that holds
-- it, whatever kills that.

local ffi = require("ffi")

local clock = require("gctokens.guard.clock")

local ngx = ngx


-- Another module may have declared it before.
pcall(ffi.cdef, "int kill(int pid, int signal);")

local NO_SUCH_PROCESS = 3 -- ESRCH, on Linux, the BSDs and macOS
local LARGEST_PID = 2 ^ 31 - 1
local LONGEST = 3600 -- seconds; no lease is taken for so long


---@class gctokens.guard.Lease
local Lease = {}

local lease_metatable = { __index = Lease }


local lease = {}


---@param dict table of ngx.shared
---@param room gctokens.guard.Room? where a lease is worth an eviction; without
---  one, everybody gets it while there is no room for it
function lease.new(dict, room)
  return setmetatable({ dict = dict, room = room, count = 0 }, lease_metatable)
end


-- An owner is a process id, a number, and when the lease ends, in seconds of
-- the guard's clock: "4711 3 52.250". The dict has a time for it, too, but by
-- the wall clock: set back an hour, that would keep it an hour longer.
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
    return false -- over, or damaged
  end
  return ffi.C.kill(pid, 0) == 0 or ffi.errno() ~= NO_SUCH_PROCESS
end


--- Whether somebody has it.
---@param key string
---@return boolean
function Lease:is_held(key)
  return is_holding(self.dict:get(key))
end


local function add(self, key, owner, seconds)
  if self.room then
    return self.room:add(key, owner, seconds)
  end
  return self.dict:safe_add(key, owner, seconds)
end


--- Takes it, if nobody has it.
---@param key string
---@param seconds number for which it holds
---@return string? owner for `release`; nil: somebody has it
function Lease:take(key, seconds)
  self.count = self.count + 1
  local owner = ("%d %d %.3f"):format(
    ngx.worker.pid(), self.count, clock.now() + seconds)
  local taken, err = add(self, key, owner, seconds)
  if err == "exists" and not self:is_held(key) then
    -- Two that find this at once may both get it: both work, no one waits.
    self.dict:delete(key)
    taken, err = add(self, key, owner, seconds)
  end
  if taken or err == "no memory" and not self.room then
    return owner
  end
  return nil
end


--- Ends it. Looking and deleting are two steps: what is done under a lease must
--- be over before the lease is, lest it be another's in between.
---@param key string
---@param owner string
function Lease:release(key, owner)
  if self.dict:get(key) == owner then
    self.dict:delete(key)
  end
end


return lease

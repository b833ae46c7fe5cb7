--- Writes to nginx's error log: at most one line a second of each kind in each
-- worker. The next line says how many were left out.

local core = require("gctokens.core")

local ngx = ngx


local INTERVAL = 1 -- second


---@class gctokens.NginxLog
local Log = {}

local log_metatable = { __index = Log }


local nginx_log = {}


---@param prefix string of every line
---@return gctokens.NginxLog
function nginx_log.new(prefix)
  return setmetatable({ prefix = prefix, kinds = {} }, log_metatable)
end


-- Control characters become spaces: what a function of the user raises may have
-- any bytes in it.
local function write(self, level, kind, message)
  local now = core.now()
  local state = self.kinds[kind]
  if not state then
    -- mutate: equivalent, the first line sets both
    state = { left_out = 0, last = -INTERVAL }
    self.kinds[kind] = state
  end
  if now - state.last < INTERVAL then
    state.left_out = state.left_out + 1
    return
  end
  local more = state.left_out > 0
    and (" (and %d more like this)"):format(state.left_out) or ""
  state.left_out, state.last = 0, now
  ngx.log(level, self.prefix, (message:gsub("%c", " ")), more)
end


--- A line of level error.
---@param kind string lines of a kind share their rate
---@param message string
function Log:error(kind, message)
  write(self, ngx.ERR, kind, message)
end


--- A line of level warn.
---@param kind string
---@param message string
function Log:warn(kind, message)
  write(self, ngx.WARN, kind, message)
end


return nginx_log

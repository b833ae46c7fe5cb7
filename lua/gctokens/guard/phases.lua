--- The phases of nginx in which a method of the guard can be called.

local errors = require("gctokens.errors")

local get_phase = ngx.get_phase


-- Where a request can wait, and can be ended.
local IS_REQUEST = {
  server_rewrite = true, rewrite = true, access = true, content = true,
}

-- Where a response is made.
local IS_CONTENT = { content = true }

-- Where Lua can wait.
local CAN_WAIT = require("gctokens.loop.nginx").can_wait

-- Where timers can be started.
local HAS_TIMERS = setmetatable({ init_worker = true }, { __index = CAN_WAIT })

-- By method.
local PHASES = {
  access = IS_REQUEST,
  check = CAN_WAIT,
  revoke = CAN_WAIT,
  metrics = IS_CONTENT,
  metrics_text = CAN_WAIT,
  status = IS_CONTENT,
  warm_up = HAS_TIMERS,
}


local phases = {}


--- Raises where a method cannot be called.
---@param method string
function phases.check(method)
  local phase = get_phase()
  if not PHASES[method][phase] then
    errors.raise(("guard:%s cannot be called in nginx's %s phase"):format(
      method, phase))
  end
end


return phases

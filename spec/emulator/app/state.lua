-- What the organization and the emulator are set to, and the emulator's own
-- clock. All of it is one text in shared memory, decoded when it has changed.

local json = require "app.json"
local seeds = require "app.seeds"

local shared = ngx.shared.state
local last_text, last_value

local _M = {}


-- Returns {settings, timeout, clock_offset}, which callers must not change.
function _M.current()
  local text = shared:get("current")
  if text ~= last_text then
    last_text, last_value = text, assert(json.decode(text))
  end
  return last_value
end


local function merged(object, changes)
  local result = {}
  for name, value in pairs(object) do
    result[name] = value
  end
  for name, value in pairs(changes) do
    result[name] = value
  end
  return result
end


local function change(changes)
  shared:set("current", json.encode(merged(_M.current(), changes)))
end


function _M.change_settings(changes)
  change({ settings = merged(_M.current().settings, changes) })
end


function _M.change_timeout(changes)
  change({ timeout = merged(_M.current().timeout, changes) })
end


-- Seconds since 1970. Tests move this clock instead of waiting.
function _M.now()
  return ngx.now() + _M.current().clock_offset
end


function _M.advance(seconds)
  change({ clock_offset = _M.current().clock_offset + seconds })
end


function _M.reset()
  shared:set("current", json.encode({
    settings = seeds.settings,
    timeout = seeds.timeout,
    clock_offset = 0,
  }))
end


return _M

--- How to wait in a program on libuv (luv, luvit, Neovim): the coroutine of a
-- call yields, and libuv's loop steps its engine.
--
-- An engine with calls in flight has a poll handle and a timer, a coroutine
-- that waits has a timer. Nothing else keeps uv.run() from ending.

local errors = require("gctokens.errors")
local evented = require("gctokens.loop.evented")

local found, uv = pcall(require, "luv")
if not found then
  uv = require("uv") -- luvit's name
end


local LONGEST = 2 ^ 31 -- seconds; libuv counts milliseconds in an integer

local watchers = {} -- engine -> { timer, poll, fd, step (a function) }

local timers = setmetatable({}, { __mode = "k" }) -- of suspended coroutines

local event_loop = {}


-- Rounded up. libuv's clock is in whole milliseconds, and as old as the
-- callback that runs.
local function start_timer(timer, seconds, callback)
  uv.update_time()
  timer:start(math.ceil(math.min(seconds, LONGEST) * 1000), 0, callback)
end


-- ---- coroutines ------------------------------------------------------------

function event_loop.current()
  local current, is_main = coroutine.running()
  if not current or is_main then
    errors.raise("gctokens.loop.luv can wait in a coroutine only: use "
      .. "coroutine.wrap(function() ... end)()")
  end
  return current
end


--- Also when it was resumed by something else than its timer.
function event_loop.abandon(waiting)
  local timer = timers[waiting]
  if timer then
    timers[waiting] = nil
    timer:close()
  end
end


-- What the coroutine raises is raised here, in a callback of libuv: luv reports
-- it like every error of a callback.
local function new_resumption(waiting)
  return function()
    event_loop.abandon(waiting)
    if coroutine.status(waiting) == "suspended" then
      local ok, raised = coroutine.resume(waiting)
      if not ok then
        error(type(raised) == "string" and debug.traceback(waiting, raised)
          or raised, 0)
      end
    end
  end
end


function event_loop.suspend(seconds)
  local current = event_loop.current()
  timers[current] = uv.new_timer()
  if seconds then
    start_timer(timers[current], seconds, new_resumption(current))
  end
  coroutine.yield()
  event_loop.abandon(current)
end


function event_loop.wake(waiting)
  if timers[waiting] then
    timers[waiting]:start(0, 0, new_resumption(waiting))
  end
end


function event_loop.start(body)
  local new = coroutine.create(body)
  timers[new] = uv.new_timer()
  event_loop.wake(new)
  return new
end


-- ---- engines ---------------------------------------------------------------

function event_loop.unwatch(engine)
  local watcher = watchers[engine]
  watchers[engine] = nil
  for _, handle in ipairs(watcher and { watcher.timer, watcher.poll } or {}) do
    handle:close()
  end
end


-- An engine's descriptor changes when libcurl had to be set up anew.
local function poll(watcher, fd)
  if watcher.poll then
    watcher.poll:close()
  end
  watcher.fd, watcher.poll = fd, fd and uv.new_poll(fd)
  if watcher.poll then
    watcher.poll:start("r", watcher.step)
  end
end


local function new_watcher(engine, step)
  local watcher = { timer = uv.new_timer() }
  function watcher.step()
    local seconds, fd = step(engine)
    if not seconds then
      event_loop.unwatch(engine)
    elseif watchers[engine] == watcher then
      if fd ~= watcher.fd then
        poll(watcher, fd)
      end
      start_timer(watcher.timer, seconds, watcher.step)
    end
  end
  return watcher
end


function event_loop.drive(engine, _, step)
  local watcher = watchers[engine] or new_watcher(engine, step)
  watchers[engine] = watcher
  watcher.timer:start(0, 0, watcher.step)
  event_loop.suspend()
end


return (evented.new(event_loop))

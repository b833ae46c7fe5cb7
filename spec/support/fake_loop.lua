--- A waiting module for specs: threads that are coroutines, and a clock that
--- jumps to where the next one has something to do.
--
--   local loop = fake_loop.new()
--   loop:start(function() client:get_tokens_me() end)
--   loop:run()

local fake_loop = {}


local Event = {}

local event_metatable = { __index = Event }


function Event:wait(seconds)
  if not self.is_set then
    self.loop.pause(seconds, self)
  end
end


function Event:set()
  self.is_set = true
end


local function is_ready(loop, thread)
  return thread.till <= loop.time or thread.event and thread.event.is_set
end


-- A dead one and a killed one are taken out.
local function resume(loop, thread)
  loop.current = thread
  local ok, raised = coroutine.resume(thread.coroutine, thread)
  loop.current = nil
  if not ok then
    thread.raised = raised
  end
end


local function next_time(loop)
  local time = math.huge
  for _, thread in ipairs(loop.threads) do
    time = math.min(time, thread.till)
  end
  return math.max(time, loop.time)
end


local function step(loop, till)
  local threads = loop.threads
  loop.threads = {}
  for _, thread in ipairs(threads) do
    if not thread.is_killed and is_ready(loop, thread) then
      resume(loop, thread)
    end
    if not thread.is_killed and coroutine.status(thread.coroutine) ~= "dead"
    then
      loop.threads[#loop.threads + 1] = thread
    end
  end
  local time = math.min(next_time(loop), till or math.huge)
  loop.time = time < math.huge and time or loop.time
end


--- A loop with `event`. Outside of threads its pauses only move the clock.
function fake_loop.new()
  local loop = { time = 1000, threads = {} }

  function loop.now()
    return loop.time
  end

  function loop.pause(seconds, event)
    local thread = loop.current
    if thread then
      thread.till, thread.event = loop.time + seconds, event
      coroutine.yield()
    else
      loop.time = loop.time + seconds
    end
  end

  function loop.sleep(seconds)
    loop.pause(seconds)
  end

  function loop.wait(engine, id)
    return engine:wait(id)
  end

  function loop.event()
    return setmetatable({ loop = loop }, event_metatable)
  end

  --- A thread is a table; `raised` is what has ended it.
  function loop:start(work, ...)
    local arguments, count = { ... }, select("#", ...)
    local thread = { till = self.time }
    thread.coroutine = coroutine.create(function()
      return work((unpack or table.unpack)( -- luacheck: ignore 113 143
        arguments, 1, count))
    end)
    self.threads[#self.threads + 1] = thread
    return thread
  end

  --- Runs until nobody has anything to do, or until a time.
  function loop:run(till)
    while #self.threads > 0 and not (till and self.time >= till) do
      step(self, till)
    end
    self.time = math.max(self.time, till or 0)
  end

  return loop
end


return fake_loop

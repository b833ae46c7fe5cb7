--- What the soak's processes write down, to be compared when all is over: files
--- of lines, each an event with its facts, separated by tabs.

local core = require("gctokens.core")

local records = {}
local Record = {}
local record_metatable = { __index = Record }


--- Begins a file. A line is in it as soon as it is written.
function records.open(path)
  local file = assert(io.open(path, "w"))
  file:setvbuf("line")
  return setmetatable({ file = file }, record_metatable)
end


--- Writes one line; there must be no nil among the facts.
function Record:write(...)
  self.file:write(table.concat({ ... }, "\t"), "\n")
end


--- Writes a file that others wait for: it is there when it is complete.
function records.publish(path, text)
  local file = assert(io.open(path .. ".new", "w"))
  assert(file:write(text))
  assert(file:close())
  assert(os.rename(path .. ".new", path))
end


--- Calls `on_event` for each line of a file, with its facts.
function records.read(path, on_event)
  for line in io.lines(path) do
    local facts = {}
    for fact in line:gmatch("[^\t]+") do
      facts[#facts + 1] = fact
    end
    on_event(facts)
  end
end


-- ---- a tap -----------------------------------------------------------------

-- Stands in for an engine and writes down every attempt:
--   start, call
--   attempt, call, sent, status, kind, cause, serial
--   cancel, call     it was given up, by cancel or by close
--   stray, id        an end that was not due
-- where a call is known by the id that travels with it. What a client asks to
-- find out why a HEAD got 401 is no attempt, and left out.
local Tap = {}
local tap_metatable = { __index = Tap }


function records.tap(engine, record)
  return setmetatable({
    engine = engine, record = record, calls = {}, looks = {},
  }, tap_metatable)
end


function Tap:start(operation, arguments, token, headers, ...)
  local id, err = self.engine:start(operation, arguments, token, headers, ...)
  arguments = arguments or {}
  if id and arguments.preserve_idle_ttl then
    self.looks[id] = true
  elseif id then
    headers = headers or arguments.headers
    local call = arguments.user_id or headers["X-Soak-Call"]
    self.calls[id] = call
    self.record:write("start", call)
  end
  return id, err
end


local function note_end(self, id, err, response)
  local call = self.calls[id]
  self.calls[id] = nil
  if self.looks[id] then
    self.looks[id] = nil
    return
  elseif not call then
    self.record:write("stray", id)
    return
  end
  response = response or err.response
  self.record:write("attempt", call, response.sent, response.status or "-",
    err and err.kind or "-", err and err.cause or "-",
    response.correlation_id or "-")
end


function Tap:step(...)
  local list, in_flight = self.engine:step(...)
  for _, one in ipairs(list) do
    note_end(self, one.id, one.err, one.response)
  end
  return list, in_flight
end


function Tap:wait(id)
  local result, err, response = self.engine:wait(id)
  note_end(self, id, err, response)
  return result, err, response
end


-- The operations as methods.
for _, operation in ipairs(core.operations) do
  Tap[operation.name] = function(self, ...)
    local id, err = self:start(operation.name, ...)
    if not id then
      return nil, err
    end
    return self:wait(id)
  end
end


function Tap:cancel(id)
  local existed = self.engine:cancel(id)
  if existed and not self.looks[id] then
    self.record:write("cancel", self.calls[id])
  end
  self.calls[id], self.looks[id] = nil, nil
  return existed
end


function Tap:close()
  for _, call in pairs(self.calls) do
    self.record:write("cancel", call)
  end
  self.calls = {}
  self.engine:close()
end


function Tap:stats()
  return self.engine:stats()
end


function Tap:fd()
  return self.engine:fd()
end


function Tap:timeout()
  return self.engine:timeout()
end


return records

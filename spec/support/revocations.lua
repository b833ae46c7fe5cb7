--- `gctokens revoke` in a process of its own, against the shared emulator: run
--- to its end, in the background, or at a terminal.

local assert = require("luassert")
local cjson = require("cjson")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")

local quote = system.quote

local LONGEST_RUN = 60 -- seconds, on a busy machine

local revocations = {}


--- The id of a user whom the emulator knows with `unlimited_users`.
---@param number integer
---@return string
function revocations.uuid(number)
  return ("%08x-0000-4000-8000-000000000000"):format(number)
end


--- Lines of that many ids.
---@param count integer
---@param first integer? number of the first one (1)
---@return string
function revocations.list(count, first)
  local lines = {}
  for i = 1, count do
    lines[i] = revocations.uuid((first or 1) + i - 1) .. "\n"
  end
  return table.concat(lines)
end


--- A text with the id of user 1 for "$1", and so on.
---@param text string
---@return string
function revocations.with_ids(text)
  return (text:gsub("%$(%d)", function(number)
    return revocations.uuid(tonumber(number))
  end))
end


--- The objects in lines of JSON.
---@param text string
---@return table[]
function revocations.records(text)
  local list = {}
  for line in text:gmatch("[^\n]+") do
    list[#list + 1] = cjson.decode(line)
  end
  return list
end


-- ---- a bench: a directory and the emulator ---------------------------------

local Bench = {}
Bench.__index = Bench


---@return table with `emulator` and `directory`
function revocations.bench()
  local emulator = fixtures.emulator()
  emulator:settings({ unlimited_users = true })
  return setmetatable({
    emulator = emulator,
    directory = system.make_directory(),
    terminals = 0, -- how many there have been
    seen = 0,
    sent = {},
  }, Bench)
end


function Bench:close()
  if self.pid and system.is_running(self.pid) then
    self:signal("KILL")
  end
  system.remove_directory(self.directory)
end


function Bench:path(name)
  return self.directory .. "/" .. name
end


--- Writes a file, and returns where it is.
function Bench:file(name, text)
  local path = self:path(name)
  system.write(path, text)
  return path
end


--- The text of a file, "" when there is none.
function Bench:text(name)
  return system.read(self:path(name)) or ""
end


--- The bytes in a file, 0 when there is none.
function Bench:size(name)
  local file = io.open(self:path(name), "rb")
  local size = file and file:seek("end") or 0
  if file then
    file:close()
  end
  return size
end


-- The command as text for a shell, as the process `$$` of that shell.
-- `options.env`: further variables; false takes one away.
function Bench:command(arguments, options)
  local env = {
    LUA_PATH = package.path,
    LUA_CPATH = package.cpath,
    GENESYSCLOUD_ACCESS_TOKEN = self.emulator.tokens.admin,
  }
  for name, value in pairs(options and options.env or {}) do
    env[name] = value
  end
  local words = { "exec env" }
  for name, value in pairs(env) do
    if value then
      words[#words + 1] = quote(name .. "=" .. value)
    else
      table.insert(words, 2, "-u " .. name)
    end
  end
  words[#words + 1] = os.getenv("GCTOKENS_LUA") or "lua5.4"
  words[#words + 1] = ("lua/bin/gctokens revoke --base-url %s --login-url %s")
    :format(self.emulator.http_url, self.emulator.http_url)
  return table.concat(words, " ") .. " " .. arguments
end


--- Runs it to its end. `options`: env, as above; piped, a command whose output
--- is its input; before, commands of its shell.
---@param arguments string as in a shell, redirections among them
---@param options table?
---@return integer exit_code, string output, string errors
function Bench:run(arguments, options)
  options = options or {}
  local _, code = system.run(("%s sh -c %s >%s 2>%s"):format(
    options.piped and options.piped .. " |" or "",
    quote((options.before or "") .. self:command(arguments, options)),
    quote(self:path("out")), quote(self:path("err"))))
  return code, self:text("out"), self:text("err")
end


--- Starts it in the background. Its output goes to the files `out` and `err`.
function Bench:start(arguments, options)
  self.pid = nil
  os.remove(self:path("code"))
  os.remove(self:path("pid"))
  local inner = ("echo $$ >%s; %s%s"):format(self:path("pid"),
    options and options.before or "", self:command(arguments, options))
  system.run(("(sh -c %s >%s 2>%s; echo $? >%s) %s"):format(
    quote(inner), self:path("out"), self:path("err"), self:path("code"),
    "</dev/null >/dev/null 2>&1 & :"))
  assert(system.wait_until(function()
    self.pid = self:text("pid"):match("^(%d+)\n")
    return self.pid
  end), "it does not start")
end


--- Sends it a signal, by name.
function Bench:signal(name)
  system.run(("kill -%s %s"):format(name, self.pid))
end


--- What the system tells about it, "" when it has ended.
function Bench:status()
  return system.read("/proc/" .. self.pid .. "/status") or ""
end


--- Waits for its end.
---@param meanwhile function? called again and again
---@return integer? exit_code 128 and the signal's number when one killed it
function Bench:wait(meanwhile)
  local code
  system.wait_until(function()
    if meanwhile then
      meanwhile()
    end
    code = tonumber(self:text("code"):match("^%d+\n"))
    return code
  end, LONGEST_RUN)
  return code
end


-- ---- what reached the emulator ---------------------------------------------

--- Counts the requests for each user since the bench was made. The emulator
--- keeps the last 2 000 requests, so it must be called before there are more.
---@return table<string, integer> sent, integer total
function Bench:reconcile()
  local requests, total = self.emulator:requests()
  for i = math.max(1, #requests - (total - self.seen) + 1), #requests do
    local id = requests[i].uri:match("^/api/v2/tokens/(.+)$")
    self.sent[id] = (self.sent[id] or 0) + 1
  end
  self.seen = total
  return self.sent, total
end


--- Begins to count anew.
function Bench:forget()
  self.emulator:clear_requests()
  self.seen, self.sent = 0, {}
end


--- Waits until that many requests have arrived.
function Bench:wait_for_requests(count)
  assert(system.wait_until(function()
    local _, total = self:reconcile()
    return total >= count
  end), "no requests")
end


--- Exactly these users were sent, each once, in a run that ended like this.
---@param numbers integer[]
function Bench:assert_sent(numbers, code, _, errors)
  assert.equal(0, code, errors)
  local wanted = {}
  for _, number in ipairs(numbers) do
    wanted[revocations.uuid(number)] = 1
  end
  assert.same(wanted, (self:reconcile()))
  self:forget()
end


--- One line says why, in these words, and nothing was sent.
---@param wanted integer exit code
---@param words string
function Bench:assert_refused(wanted, words, code, _, errors)
  assert.equal(wanted, code, errors)
  assert.truthy(errors:find(words, 1, true), errors)
  assert.equal(1, select(2, errors:gsub("\n", "")), errors)
  assert.same({}, (self:reconcile()))
end


-- ---- at a terminal ---------------------------------------------------------

-- The terminal is a tmux of our own; it shows the last screen until `leave`.

local function tmux(self, arguments)
  return system.run(("TMUX= tmux -f /dev/null -S %s %s"):format(
    self:path("tmux" .. self.terminals), arguments))
end


--- Runs it at a terminal. Its Ctrl-C must not end the shells around it.
function Bench:enter(arguments, options)
  os.remove(self:path("code"))
  self.terminals = self.terminals + 1
  local script = self:file("script", ("trap : INT; (%s); echo $? >%s\n"):format(
    self:command(arguments, options), self:path("code")))
  local output, code = tmux(self,
    ("new-session -d -x %d -y 24 sh -c %s"):format(
      options and options.columns or 80,
      quote("trap : INT; sh " .. script .. "; exec sleep 60")))
  assert(code == 0, output)
end


--- What the screen shows.
---@param with_colours boolean? with escape sequences
function Bench:screen(with_colours)
  local text = tmux(self, "capture-pane -p" .. (with_colours and " -e" or ""))
  return (text:gsub("\n+$", "\n"))
end


--- Waits until the screen shows what matches, and returns the screen.
function Bench:see(pattern)
  local screen
  assert(system.wait_until(function()
    screen = self:screen()
    return screen:find(pattern)
  end), "the screen shows: " .. screen)
  return screen
end


--- Presses keys, by tmux' names.
function Bench:press(keys)
  tmux(self, "send-keys " .. keys)
end


function Bench:leave()
  tmux(self, "kill-server")
end


return revocations

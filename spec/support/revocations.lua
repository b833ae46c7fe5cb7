--- Runs `gctokens revoke` against the shared emulator: to its end, in the
-- background, or at a terminal.

local assert = require("luassert")
local cjson = require("cjson")
local cli = require("spec.support.cli")
local fixtures = require("spec.support.fixtures")
local system = require("spec.support.system")
local tmux = require("spec.support.tmux")

local quote = system.quote

local LONGEST_RUN = 60 -- seconds, on a busy machine

local revocations = {}


--- The id of a user. With the setting `unlimited_users` the emulator knows all
--- of them.
---@param number integer
---@return string
function revocations.uuid(number)
  return ("%08x-0000-4000-8000-000000000000"):format(number)
end


--- A list of ids, one on each line.
---@param count integer
---@param first integer? number of the first user (default: 1)
---@return string
function revocations.list(count, first)
  local lines = {}
  for i = 1, count do
    lines[i] = revocations.uuid((first or 1) + i - 1) .. "\n"
  end
  return table.concat(lines)
end


--- A text in which "$1" becomes the id of user 1, and so on.
---@param text string
---@return string
function revocations.with_ids(text)
  return (text:gsub("%$(%d)", function(number)
    return revocations.uuid(tonumber(number))
  end))
end


--- The objects of a text with one JSON object on each line.
---@param text string
---@return table[]
function revocations.records(text)
  local list = {}
  for line in text:gmatch("[^\n]+") do
    list[#list + 1] = cjson.decode(line)
  end
  return list
end


-- ---- a bench: the emulator, and a directory for files ----------------------

local Bench = {}
Bench.__index = Bench


--- Makes a bench.
---@return table with `emulator` and `directory`
function revocations.bench()
  local emulator = fixtures.emulator()
  emulator:settings({ unlimited_users = true })
  return setmetatable({
    emulator = emulator,
    directory = system.make_directory(),
    terminals = 0, -- how many were started
    seen = 0, -- requests that are counted in `sent`
    sent = {}, -- user id -> requests
  }, Bench)
end


--- Ends a run in the background and removes the directory.
function Bench:close()
  if self.pid and system.is_running(self.pid) then
    self:signal("KILL")
  end
  system.remove_directory(self.directory)
end


--- The path of a file in the directory.
function Bench:path(name)
  return self.directory .. "/" .. name
end


--- Writes a file and returns its path.
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


-- The line with which a shell becomes the process of the command.
local function command_of(self, arguments, options)
  local env = { GENESYSCLOUD_ACCESS_TOKEN = self.emulator.tokens.admin }
  for name, value in pairs(options.env or {}) do
    env[name] = value
  end
  return ("exec %s revoke --base-url %s --login-url %s %s"):format(
    cli.command_line(env), self.emulator.http_url, self.emulator.http_url,
    arguments)
end


--- Runs the command to its end.
---@param arguments string as in a shell, with redirections
---@param options table? env: further variables, false removes one; piped: a
--- command whose output is the input; before: what its shell runs first
---@return integer exit_code, string output, string errors
function Bench:run(arguments, options)
  options = options or {}
  local _, code = system.run(("%s sh -c %s >%s 2>%s"):format(
    options.piped and options.piped .. " |" or "",
    quote((options.before or "") .. command_of(self, arguments, options)),
    quote(self:path("out")), quote(self:path("err"))))
  return code, self:text("out"), self:text("err")
end


--- Starts the command in the background. Its output goes to the files `out` and
--- `err`.
---@param arguments string as of Bench:run
---@param options table? env, before: as of Bench:run
function Bench:start(arguments, options)
  options = options or {}
  self.pid = nil
  os.remove(self:path("code"))
  os.remove(self:path("pid"))
  local inner = ("echo $$ >%s; %s%s"):format(self:path("pid"),
    options.before or "", command_of(self, arguments, options))
  system.run(("(sh -c %s >%s 2>%s; echo $? >%s) %s"):format(
    quote(inner), self:path("out"), self:path("err"), self:path("code"),
    "</dev/null >/dev/null 2>&1 & :"))
  assert(system.wait_until(function()
    self.pid = self:text("pid"):match("^(%d+)\n")
    return self.pid
  end), "it does not start")
end


--- Sends a signal to the command in the background.
---@param name string such as "INT"
function Bench:signal(name)
  system.run(("kill -%s %s"):format(name, self.pid))
end


--- The status of its process in /proc, "" when it has ended.
function Bench:status()
  return system.read("/proc/" .. self.pid .. "/status") or ""
end


--- Waits for the end of the command, in the background or at the terminal.
---@param meanwhile function? called again and again
---@return integer? exit_code 128 + the number of the signal that ended it
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


-- ---- the requests that reached the emulator --------------------------------

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


--- Counts from zero again.
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


--- Asserts that a run ended well and has sent exactly these users, each once.
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


--- Asserts that a run ended with an error of one line and sent nothing.
---@param wanted integer exit code
---@param words string in that line
function Bench:assert_refused(wanted, words, code, _, errors)
  assert.equal(wanted, code, errors)
  assert.truthy(errors:find(words, 1, true), errors)
  assert.equal(1, select(2, errors:gsub("\n", "")), errors)
  assert.same({}, (self:reconcile()))
end


-- ---- at a terminal ---------------------------------------------------------

--- Runs the command at a terminal. Ctrl-C ends the command, but not the shells
--- around it. The terminal shows the last screen until Bench:leave.
---@param arguments string as of Bench:run
---@param options table? env: as of Bench:run; columns (default: 80)
function Bench:enter(arguments, options)
  options = options or {}
  os.remove(self:path("code"))
  self.terminals = self.terminals + 1
  local script = self:file("script", ("trap : INT; (%s); echo $? >%s\n"):format(
    command_of(self, arguments, options), self:path("code")))
  self.terminal = tmux.start(self:path("tmux" .. self.terminals),
    options.columns or 80, 24, "trap : INT; sh " .. script .. "; exec sleep 60")
end


--- What the screen shows.
---@param with_colours boolean? with escape sequences
---@return string
function Bench:screen(with_colours)
  return self.terminal:screen(with_colours)
end


--- Waits until the screen shows a text that matches, and returns the screen.
---@param pattern string
---@return string
function Bench:see(pattern)
  local screen
  assert(system.wait_until(function()
    screen = self:screen()
    return screen:find(pattern)
  end), "the screen shows: " .. screen)
  return screen
end


--- Presses keys.
---@param keys string their names in tmux
function Bench:press(keys)
  self.terminal:press(keys)
end


--- Closes the terminal, if there is one.
function Bench:leave()
  if self.terminal then
    self.terminal:stop()
  end
end


return revocations

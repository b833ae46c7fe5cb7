--- Runs the shell command `gctokens`, as a process of its own, with the
--- interpreter and the paths of the specs.
--
--   local result = cli.call(emulator, "verify", { "--json" })
--   result.code, result.stdout, result.stderr

local assert = require("luassert")
local assert_absent = require("spec.support.secrets")
local socket = require("socket")
local system = require("spec.support.system")

local cli = {}


local PROGRAM = "lua/bin/gctokens"


-- What the specs' own environment must not change.
local function assignments(env)
  local all = {
    LUA_PATH = package.path, LUA_CPATH = package.cpath, TERM = "xterm",
  }
  for name, value in pairs(env or {}) do
    all[name] = value
  end
  local words = { "env -u NO_COLOR" }
  for name, value in pairs(all) do
    words[#words + 1] = name .. "=" .. system.quote(value)
  end
  return table.concat(words, " ")
end


-- The words for the shell that run the program.
local function words_of(arguments, options)
  local words = {
    assignments(options.env), os.getenv("GCTOKENS_LUA") or "lua5.4", PROGRAM,
  }
  for _, argument in ipairs(arguments) do
    words[#words + 1] = system.quote(argument)
  end
  return table.concat(words, " ")
end


local function take(path)
  local text = assert(system.read(path))
  assert(os.remove(path))
  return text
end


--- Runs it with these arguments. Of `options`, all may be absent:
---   env     variables of its environment
---   stdin   a text (default: nothing)
---   stdout  a file to write to in place of what is returned
---@return table result code, stdout, stderr
function cli.run(arguments, options)
  options = options or {}
  local input, output, errors = os.tmpname(), os.tmpname(), os.tmpname()
  system.write(input, options.stdin or "")
  local _, code = system.run(("%s < %s > %s 2> %s"):format(
    words_of(arguments, options), input,
    system.quote(options.stdout or output), errors))
  os.remove(input)
  return { code = code, stdout = take(output), stderr = take(errors) }
end


--- Runs it at a terminal of so many columns, util-linux' script(1).
---@return table result code, output (both streams, lines end with LF)
function cli.at_terminal(arguments, options)
  options = options or {}
  local inner = ("stty cols %d; %s"):format(
    options.columns or 80, words_of(arguments, options))
  local output, code = system.run(("script -qec %s /dev/null < /dev/null")
    :format(system.quote(inner)))
  return { code = code, output = (output:gsub("\r\n", "\n")) }
end


--- Starts it, waits for a condition, and sends it a signal.
---@param signal string such as "INT"
---@param condition fun(): boolean
---@return table result as of run
function cli.signalled(arguments, options, signal, condition)
  local output, errors = os.tmpname(), os.tmpname()
  local inner = ("echo $$; exec %s < /dev/null > %s 2> %s"):format(
    words_of(arguments, options), output, errors)
  local pipe = assert(io.popen(
    ("sh -c %s; echo $?"):format(system.quote(inner))))
  local pid = pipe:read("*l")
  assert.is_true(system.wait_until(condition))
  local sent = socket.gettime()
  assert.equal("", (system.run(("kill -%s %s"):format(signal, pid))))
  local code = tonumber(pipe:read("*l"))
  pipe:close()
  return {
    code = code, stdout = take(output), stderr = take(errors),
    seconds = socket.gettime() - sent,
  }
end


local function assert_no_secret(emulator, own_token, result)
  local secrets = { own_token }
  for _, token in pairs(emulator.tokens) do
    secrets[#secrets + 1] = token
  end
  for _, client in pairs(emulator.clients) do
    secrets[#secrets + 1] = client.secret
  end
  assert_absent(secrets, result)
end


--- Runs a command against an emulator, and makes sure that it shows no secret.
--- The access token is the administrator's, or `options.token`; false: none.
---@param name string such as "timeout set"
---@param arguments string[]? that come after it
---@param options table? of run, and token, and run: cli.at_terminal
---@return table result of run
function cli.call(emulator, name, arguments, options)
  local all, env = {}, {}
  for key, value in pairs(options or {}) do
    all[key] = value
  end
  for key, value in pairs(all.env or {}) do
    env[key] = value
  end
  if all.token ~= false then
    env.GENESYSCLOUD_ACCESS_TOKEN = all.token or emulator.tokens.admin
  end
  all.env = env
  local words = {
    "--base-url", emulator.http_url, "--login-url", emulator.http_url,
  }
  for word in name:gmatch("%S+") do
    words[#words + 1] = word
  end
  for _, argument in ipairs(arguments or {}) do
    words[#words + 1] = argument
  end
  local result = (all.run or cli.run)(words, all)
  assert_no_secret(emulator, all.token or nil, result)
  return result
end


return cli

--- Runs the shell command `gctokens` in a process of its own, with the
-- interpreter and the paths of the specs.
--
--   local result = cli.call(emulator, "verify", { "--json" })
--   result.code, result.stdout, result.stderr

local assert = require("luassert")
local assert_absent = require("spec.support.secrets")
local socket = require("socket")
local system = require("spec.support.system")

local cli = {}


--- The interpreter of the specs.
cli.INTERPRETER = os.getenv("GCTOKENS_LUA") or "lua5.4"

--- The program, from the top of the tree.
cli.PROGRAM = "lua/bin/gctokens"


--- The words with which a shell runs the program. Colours do not depend on the
--- environment of the specs.
---@param env table? variables; false removes one
---@return string
function cli.command_line(env)
  local all = {
    LUA_PATH = package.path, LUA_CPATH = package.cpath, TERM = "xterm",
    NO_COLOR = false,
  }
  for name, value in pairs(env or {}) do
    all[name] = value
  end
  local words = { "env" }
  for name, value in pairs(all) do
    if value then
      words[#words + 1] = name .. "=" .. system.quote(value)
    else
      table.insert(words, 2, "-u " .. name)
    end
  end
  words[#words + 1] = cli.INTERPRETER
  words[#words + 1] = cli.PROGRAM
  return table.concat(words, " ")
end


local function words_of(arguments, options)
  local words = { cli.command_line(options.env) }
  for _, argument in ipairs(arguments) do
    words[#words + 1] = system.quote(argument)
  end
  return table.concat(words, " ")
end


-- Reads a temporary file and removes it.
local function take(path)
  local text = assert(system.read(path))
  assert(os.remove(path))
  return text
end


--- Runs the command to its end.
---@param arguments string[]
---@param options table? env: variables of its environment; stdin: a text
--- (default: nothing); stdout: a file to write to in place of the result
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


--- Runs the command at a terminal, that of script(1) of util-linux.
---@param arguments string[]
---@param options table? env; columns of the terminal (default: 80)
---@return table result code, output (both streams, lines end with LF)
function cli.at_terminal(arguments, options)
  options = options or {}
  local inner = ("stty cols %d; %s"):format(
    options.columns or 80, words_of(arguments, options))
  local output, code = system.run(("script -qec %s /dev/null < /dev/null")
    :format(system.quote(inner)))
  return { code = code, output = (output:gsub("\r\n", "\n")) }
end


--- Starts the command, waits for a condition, and sends it a signal.
---@param arguments string[]
---@param options table env
---@param signal string such as "INT"
---@param condition fun(): boolean
---@return table result code, stdout, stderr; seconds from the signal to the end
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


--- Runs a command against an emulator, and asserts that it shows no secret.
---@param emulator table
---@param name string such as "timeout set"
---@param arguments string[]? those after the name
---@param options table? of cli.run; token: the access token (default: the
--- administrator's; false: none); run: cli.at_terminal in place of cli.run
---@return table result
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

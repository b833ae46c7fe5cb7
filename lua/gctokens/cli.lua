--- The shell command `gctokens`: from its arguments to an exit code.
--
-- Modules end the command by raising a value of gctokens.cli.exit. Ctrl-C is
-- raised by the interpreter.

local errors = require("gctokens.errors")
local exit = require("gctokens.cli.exit")
local parser = require("gctokens.cli.parser")
local report = require("gctokens.cli.report")

local cli = {}


-- The function of a command. The file of `timeout set` is timeout_set.lua.
local function command_of(options)
  local name = options.command
  if options.subcommand then
    name = name .. "_" .. options.subcommand
  end
  return require("gctokens.cli.commands." .. name)
end


local function run(arguments)
  local options, message, answer = parser.read(arguments)
  local code
  if options then
    code = command_of(options)(options, arguments)
  elseif answer then
    report.text(answer)
  else
    exit.usage(message .. " (gctokens --help)")
  end
  report.flush()
  return code or 0
end


--- Runs a command and prints its output and errors.
---@param arguments string[] those of the command line
---@return integer exit_code as in gctokens.cli.grammar
function cli.main(arguments)
  local ok, result = pcall(run, arguments)
  if ok then
    return result
  elseif exit.is(result) then
    report.remark(result.message, "red")
    return result.code
  elseif errors.is_interrupt(result) then
    -- coverage: Ctrl-C replaces the hook that notes lines
    report.remark("interrupted")
    -- coverage: Ctrl-C replaces the hook that notes lines
    return exit.INTERRUPTED
  end
  -- Not 1, which would say that a token is invalid.
  report.remark("internal error: " .. tostring(result), "red")
  return exit.TROUBLE
end


return cli

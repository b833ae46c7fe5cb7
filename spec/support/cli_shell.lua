--- Interactive shells (bash, zsh, fish) at a terminal, for specs of completion.
--
-- A shell has a home directory of its own. In it, `gctokens completion` is the
-- real command. With other arguments `gctokens` only writes them to a file.
--
--   local shell = cli_shell.new()
--   shell:enter("bash", 'eval "$(gctokens completion bash)"')
--   shell:completed("gctokens revoke --from my")   the arguments after a Tab

local assert = require("luassert")
local cli = require("spec.support.cli")
local system = require("spec.support.system")
local tmux = require("spec.support.tmux")

local quote = system.quote

local cli_shell = {}


-- The file that a shell reads at its start, and the lines that set its prompt.
local SHELLS = {
  bash = { rc = ".bashrc", prompt = "PS1='ready> '" },
  zsh = { rc = ".zshrc", prompt = "PS1='ready> '; unsetopt beep" },
  fish = {
    rc = ".config/fish/config.fish",
    prompt = "function fish_prompt; echo -n 'ready> '; end\n"
      .. "set -g fish_greeting; set -g fish_autosuggestion_enabled 0",
  },
}

local PROGRAM = [[
#!/bin/sh
if [ "$1 $#" = "completion 2" ]; then
  LUA_PATH=%s LUA_CPATH=%s exec %s %s "$@"
fi
printf '%%s\n' "$@" > ~/noted
mv ~/noted ~/arguments
]]


local Shell = {}
Shell.__index = Shell


--- Makes the home directory.
---@return table with `home`
function cli_shell.new()
  local home = system.make_directory()
  local self = setmetatable({ home = home, entered = 0 }, Shell)
  local root = system.run("pwd"):gsub("\n", "")
  local function absolute(paths)
    return quote((";" .. paths):gsub(";%./", ";" .. root .. "/"):sub(2))
  end
  self:write("bin/gctokens", PROGRAM:format(absolute(package.path),
    absolute(package.cpath), cli.INTERPRETER,
    quote(root .. "/" .. cli.PROGRAM)))
  assert.equal("", (system.run("chmod 755 " .. home .. "/bin/gctokens")))
  return self
end


--- Writes a file below the home.
function Shell:write(name, text)
  local path = self.home .. "/" .. name
  local folder = path:match("^(.*)/")
  assert.equal("", (system.run("mkdir -p " .. quote(folder))))
  system.write(path, text)
end


--- What the screen shows.
---@return string
function Shell:screen()
  return self.terminal:screen()
end


local function prompts(self)
  return select(2, self:screen():gsub("ready>", ""))
end


local function wait_for_prompt(self, count)
  assert(system.wait_until(function()
    return prompts(self) >= count
  end), self:screen())
end


--- Starts a shell, after the last one was left.
---@param name string
---@param rc string? lines of the file that it reads at its start
function Shell:enter(name, rc)
  local shell = SHELLS[name]
  self:write(shell.rc, shell.prompt .. "\n" .. (rc or "") .. "\n")
  self.entered = self.entered + 1
  self.terminal = tmux.start(self.home .. "/tmux" .. self.entered, 160, 100,
    ("cd %s && exec env -i HOME=%s PATH=%s/bin:$PATH TERM=screen "
      .. "LANG=C.UTF-8 %s -i"):format(self.home, self.home, self.home, name))
  wait_for_prompt(self, 1)
end


--- Runs a command and waits for its end.
---@param line string
function Shell:run(line)
  local count = prompts(self)
  self.terminal:type(line .. "\n")
  wait_for_prompt(self, count + 1)
end


--- The arguments of the program after a line, a Tab and Enter.
---@param line string
---@return string[]
function Shell:completed(line)
  os.remove(self.home .. "/arguments")
  self:run(line .. "\t")
  local arguments = {}
  local text = system.read(self.home .. "/arguments")
  for argument in (text or self:screen()):gmatch("[^\n]*\n") do
    arguments[#arguments + 1] = argument:sub(1, -2)
  end
  return arguments
end


--- Ends the shell, if there is one.
function Shell:leave()
  if self.terminal then
    self.terminal:stop()
  end
end


--- Ends the shell and removes the home directory.
function Shell:close()
  self:leave()
  system.remove_directory(self.home)
end


return cli_shell

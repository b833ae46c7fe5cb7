--- Interactive shells at a real terminal, that of tmux, with a home of their
--- own. `gctokens completion` prints there what it prints; with other arguments
--- `gctokens` is a program that notes them.
--
--   local shell = cli_shell.new()
--   shell:enter("bash", 'eval "$(gctokens completion bash)"')
--   shell:completed("gctokens revoke --from my")   the arguments after a Tab

local assert = require("luassert")
local system = require("spec.support.system")

local quote = system.quote

local cli_shell = {}


-- Where a shell reads what it does first, and what makes its prompt plain.
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


---@return table with `home`, an empty directory
function cli_shell.new()
  local home = system.make_directory()
  local self = setmetatable({ home = home, entered = 0 }, Shell)
  local root = system.run("pwd"):gsub("\n", "")
  local function absolute(paths)
    return quote((";" .. paths):gsub(";%./", ";" .. root .. "/"):sub(2))
  end
  self:write("bin/gctokens", PROGRAM:format(absolute(package.path),
    absolute(package.cpath), os.getenv("GCTOKENS_LUA") or "lua5.4",
    quote(root .. "/lua/bin/gctokens")))
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


local function tmux(self, arguments)
  return (system.run(("TMUX= tmux -f /dev/null -S %s/tmux%d %s"):format(
    self.home, self.entered, arguments)))
end


--- What the screen shows.
function Shell:screen()
  return (tmux(self, "capture-pane -p"):gsub("%s+$", "\n"))
end


local function prompts(self)
  return select(2, self:screen():gsub("ready>", ""))
end


local function wait_for_prompt(self, count)
  assert(system.wait_until(function()
    return prompts(self) >= count
  end), self:screen())
end


--- Starts a shell. The last one must have been left.
---@param name string
---@param rc string? what its own file says
function Shell:enter(name, rc)
  local shell = SHELLS[name]
  self:write(shell.rc, shell.prompt .. "\n" .. (rc or "") .. "\n")
  self.entered = self.entered + 1
  tmux(self, ("new-session -d -x 160 -y 100 -c %s %s"):format(self.home,
    quote(("env -i HOME=%s PATH=%s/bin:$PATH TERM=screen LANG=C.UTF-8 %s -i")
      :format(self.home, self.home, name))))
  wait_for_prompt(self, 1)
end


--- Types a text.
function Shell:type(text)
  tmux(self, "send-keys -l -- " .. quote(text))
end


--- Runs a command, and waits for its end.
function Shell:run(line)
  local count = prompts(self)
  self:type(line .. "\n")
  wait_for_prompt(self, count + 1)
end


--- What the program is called with after a line, a Tab and Enter.
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


function Shell:leave()
  tmux(self, "kill-server")
end


function Shell:close()
  self:leave()
  system.remove_directory(self.home)
end


return cli_shell

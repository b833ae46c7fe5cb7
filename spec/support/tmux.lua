--- A terminal for specs: a tmux server of its own.
--
--   local terminal = tmux.start(directory .. "/socket", 80, 24, "cat")
--   terminal:type("a text")
--   terminal:screen()
--   terminal:stop()

local assert = require("luassert")
local system = require("spec.support.system")

local tmux = {}


local Terminal = {}
Terminal.__index = Terminal


local function run(self, arguments)
  return system.run(("TMUX= tmux -f /dev/null -S %s %s"):format(
    system.quote(self.socket), arguments))
end


--- Starts a command at a new terminal.
---@param socket string path of the server's socket
---@param columns integer
---@param lines integer
---@param command string of sh
---@return table terminal
function tmux.start(socket, columns, lines, command)
  local self = setmetatable({ socket = socket }, Terminal)
  local output, code = run(self, ("new-session -d -x %d -y %d sh -c %s"):format(
    columns, lines, system.quote(command)))
  assert.equal(0, code, output)
  return self
end


--- What the screen shows, without the empty lines at its end.
---@param with_colours boolean? with escape sequences
---@return string
function Terminal:screen(with_colours)
  local text = run(self, "capture-pane -p" .. (with_colours and " -e" or ""))
  return (text:gsub("%s+$", "\n"))
end


--- Presses keys.
---@param keys string their names in tmux, such as "y Enter"
function Terminal:press(keys)
  run(self, "send-keys " .. keys)
end


--- Types a text.
---@param text string
function Terminal:type(text)
  run(self, "send-keys -l -- " .. system.quote(text))
end


--- Ends the server, and the command with it.
function Terminal:stop()
  run(self, "kill-server")
end


return tmux

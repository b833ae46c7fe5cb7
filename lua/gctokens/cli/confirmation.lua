--- A question that is answered at the terminal with yes or no.

local confirmation = {}


-- Standard input may be the list of users, so this reads from /dev/tty. The
-- shell reads the line because Ctrl-C ends the shell: up to Lua 5.3 it does not
-- end a read of the interpreter.
local READ_LINE = [[IFS= read -r answer < /dev/tty && printf '%s\n' "$answer"]]


local function read_line()
  local pipe = assert(io.popen(READ_LINE))
  local line = pipe:read("*l")
  pipe:close()
  return line
end


--- Asks on standard error. Raises Ctrl-C as the interpreter does.
---@param question string
---@return boolean is_confirmed whether the answer is y or yes
function confirmation.ask(question)
  io.stderr:write(question, " [y/N] ")
  local ok, answer = pcall(read_line)
  if not (ok and answer) then
    io.stderr:write("\n") -- nobody has typed Enter
  end
  if not ok then
    -- coverage: Ctrl-C replaces the hook that notes lines
    error(answer, 0) -- Ctrl-C
  end
  answer = (answer or ""):lower():match("^%s*(%a*)%s*$")
  return answer == "y" or answer == "yes"
end


return confirmation

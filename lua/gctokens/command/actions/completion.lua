--- gctokens completion: what makes a shell complete the command.

local parser = require("gctokens.command.parser")


---@param options table of gctokens.command.parser
return function(options)
  local complete = parser.new(true)
  io.write(complete["get_" .. options.shell .. "_complete"](complete))
end

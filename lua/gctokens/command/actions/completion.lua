--- gctokens completion: what makes a shell complete the command.

local parser = require("gctokens.command.parser")
local report = require("gctokens.command.report")


---@param options table of gctokens.command.parser
return function(options)
  local complete = parser.new(true)
  report.text(complete["get_" .. options.shell .. "_complete"](complete))
end

--- gctokens completion: what makes a shell complete the command.

local completion = require("gctokens.command.completion")
local report = require("gctokens.command.report")


---@param options table of gctokens.command.parser
return function(options)
  report.text(completion.script(options.shell))
end

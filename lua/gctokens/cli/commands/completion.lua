--- gctokens completion: prints the completion script of a shell.

local completion = require("gctokens.cli.completion")
local report = require("gctokens.cli.report")


---@param options table of gctokens.cli.parser
return function(options)
  report.text(completion.script(options.shell))
end

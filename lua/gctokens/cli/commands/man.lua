--- gctokens man: prints the manual page.

local manual = require("gctokens.cli.manual")
local report = require("gctokens.cli.report")


---@return nil
return function()
  report.text(manual.page())
end

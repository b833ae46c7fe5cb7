--- gctokens man: the manual page.

local manual = require("gctokens.command.manual")
local report = require("gctokens.command.report")


---@return nil
return function()
  report.text(manual.page())
end

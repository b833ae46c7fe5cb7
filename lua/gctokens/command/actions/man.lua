--- gctokens man: the manual page.

local manual = require("gctokens.command.manual")


---@return nil
return function()
  io.write(manual.page())
end

--- gctokens man: the manual page.

local manual = require("gctokens.command.manual")


return function()
  io.write(manual.page())
end

--- A web page with nothing on it, on an origin of its own, for browsers to run
--- scripts in.

local nginx = require("spec.support.nginx")

local page = {}


---@return table nginx of spec.support.nginx
function page.start()
  return nginx.start({ server = [[
    location / {
      default_type text/html;
      return 200 "<!doctype html><title>page</title>";
    }
  ]] })
end


return page

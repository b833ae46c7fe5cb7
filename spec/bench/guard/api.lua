--- A Tokens API that knows every token, and answers when it is told to:
--- get_tokens_me below /MILLISECONDS.

local nginx = require("spec.support.nginx")

local api = {}


api.token = ("mYtOkEn-_0123456789"):rep(4) .. "mYtOkEn-_0"
api.organization = "6e1ceecf-2ecd-40ad-829b-f9408038536c"

local HTTP = [[
  lua_shared_dict calls 1m;
  keepalive_requests @KEEPALIVE_REQUESTS;
  keepalive_timeout 1h;
  init_by_lua_block {
    token_info = [=[{"organization":{"id":"6e1ceecf-2ecd-40ad-829b-f9408038]=]
      .. [=[536c","name":"Example Insurance"},"homeOrganization":{"id":"6e1c]=]
      .. [=[eecf-2ecd-40ad-829b-f9408038536c","name":"Example Insurance"},"a]=]
      .. [=[uthorizedScope":["organization:readonly","users:readonly"],"OAut]=]
      .. [=[hClient":{"id":"b2861ca9-90fe-432e-a631-f06297b167b2","name":"sv]=]
      .. [=[c","authorizedGrantType":"CLIENT-CREDENTIALS","state":"active"}}]=]
  }
]]

local SERVER = [[
  location ~ ^/([0-9]+)/api/v2/tokens/me$ {
    add_header ININ-Correlation-Id 6f1c2a34-5b6d-4e7f-8a90-b1c2d3e4f506;
    add_header inin-ratelimit-count 1;
    add_header inin-ratelimit-allowed 300;
    add_header inin-ratelimit-reset 60;
    add_header Cache-Control "no-cache, no-store, must-revalidate";
    add_header Strict-Transport-Security "max-age=600; includeSubDomains";
    default_type application/json;
    content_by_lua_block {
      ngx.shared.calls:incr("calls", 1, 0)
      local delay = tonumber(ngx.var[1]) / 1000
      if delay > 0 then
        ngx.sleep(delay)
      end
      ngx.header["Content-Length"] = #token_info
      ngx.print(token_info)
    }
  }

  location = /calls {
    content_by_lua_block {
      ngx.print(ngx.shared.calls:get("calls") or 0)
      ngx.shared.calls:set("calls", 0)
    }
  }
]]


--- Starts one. Options:
---   closes       true: it closes every connection after one response
---   tls, http    of gateway.start
function api.start(options)
  options = options or {}
  return nginx.start({
    http = HTTP:gsub("@[%u_]+", options.closes and "1" or "1000000")
      .. (options.http or ""),
    server = SERVER,
    tls = options.tls,
  })
end


--- How many calls there were since this was last asked.
function api.calls(upstream)
  return tonumber((select(3, upstream:get("/calls"))))
end


return api

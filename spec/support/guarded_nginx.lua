--- A gateway with a guard in front of a few locations, for the guard's specs.

local nginx = require("spec.support.nginx")
local fixtures = require("spec.support.fixtures")
local socket = require("socket")

local guarded_nginx = {}


local SERVER = [[
  set $gctokens_cache "";

  location = /plain { return 200 plain; }

  # What the application sees.
  location = /guarded {
    access_by_lua_block { guard:access() }
    proxy_pass http://127.0.0.1:@PORT_1@/application;
  }
  location = /application {
    content_by_lua_block {
      ngx.print(ngx.req.raw_header())
    }
  }

  # What Lua sees.
  location = /who {
    access_by_lua_block { guard:access() }
    content_by_lua_block {
      local who = ngx.ctx.gctokens
      ngx.print(who.organization_name or tostring(who.unverified), " ",
        who.cache, " ", ngx.var.gctokens_cache)
      -- A copy: the next request must not see this.
      who.organization_name, who.scope = "changed", nil
    }
  }

  location = /policy {
    access_by_lua_block {
      guard:access(load("return " .. ngx.unescape_uri(ngx.var.arg_options))())
    }
    content_by_lua_block { ngx.print("passed") }
  }

  location = /kept_policy {
    access_by_lua_block { guard:access(kept_policy) }
    content_by_lua_block { ngx.print("passed") }
  }

  # guard:METHOD(ARGUMENT), and what it returned.
  location = /call {
    content_by_lua_block {
      local result, err = guard[ngx.var.arg_method](
        guard, ngx.unescape_uri(ngx.var.arg_with or ""))
      if err then
        ngx.print(err.kind, " ", err.status or "", " ", err.retry_after or "",
          " ", tostring(err))
      elseif type(result) == "table" then
        ngx.print(result.organization_name, " ", result.cache)
      else
        ngx.print(tostring(result))
      end
    }
  }

  # How many requests have been read and not been answered, this one too.
  location = /in_progress {
    content_by_lua_block { ngx.print(ngx.var.connections_writing) }
  }

  location = /metrics { content_by_lua_block { guard:metrics() } }

  # All that shared memory holds.
  location = /memory {
    content_by_lua_block {
      for _, key in ipairs(ngx.shared.gctokens:get_keys(0)) do
        ngx.say(key, " ", tostring(ngx.shared.gctokens:get(key)))
      end
    }
  }
]]


--- Starts one. `options` are of gateway.start, with `server` added to the
--- locations above, and Lua text: `init` before the guard is made, `after` it.
--- `guard_options` are of gctokens.guard.new, for the emulator unless they say
--- otherwise.
function guarded_nginx.options(options, guard_options)
  local all = {}
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  local own = {}
  for name, value in pairs(guard_options or {}) do
    own[name] = value
  end
  if not own.region and own.base_url == nil then
    own.base_url = fixtures.options().base_url
  end
  own.base_url = own.base_url or nil -- false: the guard gets none
  all.http = (all.dict or "lua_shared_dict gctokens 10m;")
    .. (all.http or "") .. "\ninit_by_lua_block {\n" .. (all.init or "")
    .. "\nguard = require('gctokens.guard').new(" .. fixtures.literal(own)
    .. ")\nkept_policy = guard:policy({ scopes = 'organization:readonly' })\n"
    .. (all.after or "") .. "}\n"
  all.server = SERVER .. (all.server or "")
  return all
end


function guarded_nginx.start(options, guard_options)
  return nginx.start(guarded_nginx.options(options, guard_options))
end


function guarded_nginx.bearer(token)
  return { Authorization = "Bearer " .. token }
end


--- A table with the fields of both; those of the second count.
function guarded_nginx.merged(first, second)
  local both = {}
  for _, fields in ipairs({ first, second }) do
    for name, value in pairs(fields) do
      both[name] = value
    end
  end
  return both
end


--- Sends `count` requests at the same moment, and returns how many responses of
--- each status there were. `token_of` returns the token of a request by its
--- number.
function guarded_nginx.burst(gateway, count, path, token_of)
  local statuses = {}
  for _, response in ipairs(gateway:burst({
    count = count, path = path,
    headers = function(i)
      return guarded_nginx.bearer(token_of(i))
    end,
  })) do
    statuses[response.status] = (statuses[response.status] or 0) + 1
  end
  return statuses
end


--- Sends `count` requests over one connection, a hundred at a time, and returns
--- how many responses of each status there were. `options.server` of the
--- gateway must allow as many: keepalive_requests.
function guarded_nginx.stream(gateway, count, path, headers)
  local lines = { "GET " .. path .. " HTTP/1.1", "Host: a" }
  for name, value in pairs(headers) do
    lines[#lines + 1] = name .. ": " .. value
  end
  local request = table.concat(lines, "\r\n") .. "\r\n\r\n"
  local connection = assert(socket.connect("127.0.0.1", gateway.port))
  connection:settimeout(10) -- seconds for any single read or write
  local statuses = {}
  while count > 0 do
    local waiting = math.min(count, 100)
    count = count - waiting
    assert(connection:send(request:rep(waiting)))
    while waiting > 0 do
      local status = assert(connection:receive("*l")):match("^HTTP/1.1 (%d+)")
      if status then
        statuses[tonumber(status)] = (statuses[tonumber(status)] or 0) + 1
        waiting = waiting - 1
      end
    end
  end
  connection:close()
  return statuses
end


--- A value of the metrics: the series as it is written there.
function guarded_nginx.metric(gateway, series)
  local _, _, text = gateway:get("/metrics")
  for line in text:gmatch("[^\n]+") do
    local name, value = line:match("^(%S+) (%S+)$")
    if name == series then
      return tonumber(value)
    end
  end
  error("there is no metric " .. series, 2)
end


return guarded_nginx

-- A guard in a subrequest: auth_request, ngx.location.capture, SSI. nginx gives
-- it a copy of the list of the request's headers, and the application gets the
-- list that was copied.

local guarded_nginx = require("spec.support.guarded_nginx")
local fixtures = require("spec.support.fixtures")

local FAIL_OPEN = "{ fail_open = true }"

local SERVER = [[
  underscores_in_headers on;

  # auth_request, with the guard in each phase that it can be in there.
  location = /by_content {
    auth_request /judge_content;
    proxy_pass http://127.0.0.1:@PORT_1@/application;
  }
  location = /judge_content {
    internal;
    content_by_lua_block { guard:access() }
  }
  location = /by_rewrite {
    auth_request /judge_rewrite;
    proxy_pass http://127.0.0.1:@PORT_1@/application;
  }
  location = /judge_rewrite {
    internal;
    rewrite_by_lua_block { guard:access() }
    content_by_lua_block { ngx.exit(200) }
  }
  location = /by_lenient {
    auth_request /judge_lenient;
    proxy_pass http://127.0.0.1:@PORT_1@/application;
  }
  location = /judge_lenient {
    internal;
    content_by_lua_block { guard:access(]] .. FAIL_OPEN .. [[) }
  }

  location = /inner {
    internal;
    rewrite_by_lua_block { guard:access() }
    proxy_pass http://127.0.0.1:@PORT_1@/application;
  }
  location = /page {
    access_by_lua_block { guard:access() }
    content_by_lua_block {
      ngx.print(ngx.location.capture("/inner").body)
    }
  }
  location = /included {
    ssi on;
    access_by_lua_block { guard:access() }
    content_by_lua_block {
      ngx.header.content_type = "text/html"
      ngx.print('<!--# include virtual="/inner" -->')
    }
  }
  # A page that is not guarded shows what is, to whom it may be shown.
  location = /frame {
    ssi on;
    content_by_lua_block {
      ngx.header.content_type = "text/html"
      ngx.print('<!--# include virtual="/inner" -->')
    }
  }

  # What an error page says is guarded, too, and does not go on for ever.
  recursive_error_pages on;
  location = /loop {
    access_by_lua_block { guard:access() }
    content_by_lua_block { return ngx.exit(403) }
    error_page 401 403 503 = /loop;
  }
  location = /named_loop {
    access_by_lua_block { guard:access() }
    content_by_lua_block { return ngx.exit(403) }
    error_page 401 403 503 = @again;
  }
  location @again {
    access_by_lua_block { guard:access() }
    content_by_lua_block { return ngx.exit(403) }
    error_page 401 403 503 = @again;
  }
  location = /judge_loop {
    auth_request /judge_content;
    content_by_lua_block { ngx.print("passed") }
    error_page 401 403 = /judge_loop;
  }
  location = /denied {
    deny all;
    error_page 403 = @guarded;
  }
  location @guarded {
    access_by_lua_block { guard:access() }
    content_by_lua_block { ngx.print("passed") }
  }
]]

local GUARDED = { "/by_content", "/by_rewrite" }


for _, hides in ipairs({ false, true }) do
  describe("a subrequest's guard, hide_credentials = " .. tostring(hides)
    .. " #once", function()
    local emulator, gateway, token, client

    setup(function()
      emulator = fixtures.emulator()
      gateway = guarded_nginx.start({ server = SERVER },
        { hide_credentials = hides, error_ttl = 0.01, breaker = false })
    end)

    teardown(function()
      gateway:stop()
    end)

    before_each(function()
      emulator:reset()
      token = emulator:issue({ client = "desktop" })
      client = emulator.clients.desktop.id
    end)

    -- With a valid token, and headers.
    local function get(path, headers)
      return gateway:get(path,
        guarded_nginx.merged(guarded_nginx.bearer(token), headers or {}))
    end

    it("lets no client set the identity headers", function()
      for _, path in ipairs(GUARDED) do
        assert.equal(200, (get(path)))
        for _, claim in ipairs({
          { ["X-Genesys-Client-Id"] = "spoofed" },
          { ["x-genesys-client-id"] = "spoofed" },
          { ["X_Genesys_Client_Id"] = "spoofed" },
          { ["X-Genesys_Client-Id"] = "spoofed" },
          { ["X-Genesys-Client-Id"] = { client, "spoofed" } },
          { ["X-Genesys-Client-Id"] = { client, client } },
          { ["X-Genesys-Client-Id"] = "" },
          { ["X-Genesys-Client-Id"] = client,
            ["X_Genesys_Client_Id"] = "spoofed" },
          { ["X-Genesys-Organization-Id"] = "spoofed" },
        }) do
          local status, _, body = get(path, claim)
          assert.equal(403, status, path .. fixtures.literal(claim))
          assert.is_nil(body:find("spoofed", 1, true))
        end
      end
    end)

    it("lets through who tells the truth", function()
      for _, path in ipairs(GUARDED) do
        assert.equal(200, (get(path, { ["X-Genesys-Client-Id"] = client })))
      end
    end)

    it("lets nobody pass unjudged as somebody", function()
      emulator:fault({
        path = "/api/v2/tokens/me", status = 500, count = 1000,
      })
      assert.equal(200, (get("/by_lenient")))
      assert.equal(403,
        (get("/by_lenient", { ["X-Genesys-Client-Id"] = client })))
      gateway:clear_log()
    end)

    it("says 401 first", function()
      local claim = { ["X-Genesys-Client-Id"] = "spoofed" }
      for _, path in ipairs(GUARDED) do
        assert.equal(401, (gateway:get(path, claim)))
        for _, credentials in ipairs({ "Bearer invalid", "Bearer a b", "x" }) do
          assert.equal(401, (gateway:get(path, guarded_nginx.merged(claim,
            { Authorization = credentials }))))
        end
      end
    end)

    it("is told the truth by the guard of the request itself", function()
      for _, path in ipairs({ "/page", "/included" }) do
        local status, _, body = get(path, {
          ["X-Genesys-Client-Id"] = "spoofed",
          ["X_Genesys_Client_Id"] = "spoofed",
        })
        assert.equal(200, status)
        assert.is_nil(body:find("spoofed", 1, true), path)
        if hides then
          assert.matches("a bearer token is needed", body)
        else
          assert.truthy(body:find("X-Genesys-Client-Id: " .. client, 1, true))
        end
      end
    end)

    it("shows in a page that is not guarded what it lets through", function()
      assert.matches("^GET /application", (select(3, get("/frame"))))
      for _, headers in ipairs({ {}, guarded_nginx.bearer("invalid") }) do
        local status, _, body = gateway:get("/frame", headers)
        assert.equal(200, status)
        assert.matches('^{"error', body)
      end
    end)

    it("is no way around an error page, nor one without end", function()
      for path, passes in pairs({
        ["/loop"] = 500, ["/named_loop"] = 500, ["/judge_loop"] = 200,
        ["/denied"] = 200,
      }) do
        assert.equal(passes, (get(path)), path)
      end
      for path, refuses in pairs({
        ["/loop"] = 401, ["/named_loop"] = 401, ["/judge_loop"] = 500,
        ["/denied"] = 401,
      }) do
        assert.equal(refuses, (gateway:get(path)), path)
        local status = gateway:get(path, guarded_nginx.bearer("invalid"))
        assert.equal(refuses, status, path)
      end
      gateway:clear_log()
    end)
  end)
end

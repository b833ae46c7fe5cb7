-- The option `token`: where in a request the guard finds the token, and what
-- the application gets in its place with `hide_credentials`.

local guarded_nginx = require("spec.support.guarded_nginx")
local nginx = require("spec.support.nginx")
local fixtures = require("spec.support.fixtures")

local PATH = "/api/v2/tokens/me"

-- Location -> the option; a text that is Lua where it does not begin with a
-- quote.
local OPTIONS = {
  authorization = '"header:Authorization"',
  header = '"header:X-Token"',
  cookie = '"cookie:session"',
  query = '"query:access_token"',
  subprotocol = '"subprotocol:bearer"',
  list = '{ "header:Authorization", "cookie:session", "query:access_token" }',
  by_function = [[function(headers, hide)
    local token = ngx.var.uri:match("/token/(.*)$")
    if hide then
      ngx.req.set_uri("/hidden")
    end
    return token or headers["x-own"]
  end]],
  slow_function = [[function(headers)
    ngx.sleep(0.001)
    return headers["x-own"]
  end]],
  table_function = "function() return {} end",
  false_function = "function() return false end",
  error_function = 'function() error("no such luck") end',
}

local BUFFERS =
  "underscores_in_headers on; large_client_header_buffers 8 64k;"

local GUARDED = [[
  location /%s {
    access_by_lua_block { guard:access(policies.%s) }
    proxy_pass http://@APPLICATION@;
  }
]]


-- Policies and locations: of each option as it is and, in hidden_NAME, with
-- hide_credentials.
local function policies_and_locations()
  local policies, locations = { "policies = {}\n" }, {}
  for name, option in pairs(OPTIONS) do
    for prefix, hides in pairs({ [""] = "false", hidden_ = "true" }) do
      policies[#policies + 1] = ("policies.%s%s = guard:policy({ token = %s, "
        .. "hide_credentials = %s, fail_open = true })\n"):format(
          prefix, name, option, hides)
      locations[#locations + 1] =
        GUARDED:format(prefix .. name, prefix .. name)
    end
  end
  return table.concat(policies), table.concat(locations)
end


describe("the token of a request #once", function()
  local emulator, application, gateway, token, other

  setup(function()
    emulator = fixtures.emulator()
    application = nginx.start({
      http = BUFFERS,
      server = [[
        location / {
          content_by_lua_block { ngx.print(ngx.req.raw_header()) }
        }
      ]],
    })
    local policies, locations = policies_and_locations()
    gateway = guarded_nginx.start({
      http = BUFFERS,
      after = policies,
      server = locations:gsub("@APPLICATION@",
        (application.url:gsub("http://", ""))),
    }, { breaker = false, error_ttl = 0.01 })
  end)

  teardown(function()
    assert.equal("", gateway:stop())
    assert.equal("", application:stop())
  end)

  before_each(function()
    emulator:reset()
    token = emulator:issue({ client = "desktop" })
    other = emulator:issue({ client = "service" })
  end)

  -- $T and $O in a text become the tokens.
  local function filled(text)
    return (text:gsub("%$T", (token:gsub("%%", "%%%%")))
      :gsub("%$O", (other:gsub("%%", "%%%%"))))
  end

  local function filled_headers(headers)
    local all = {}
    for name, value in pairs(headers or {}) do
      if type(value) == "table" then
        all[name] = {}
        for i, line in ipairs(value) do
          all[name][i] = filled(line)
        end
      else
        all[name] = filled(value)
      end
    end
    return all
  end

  local function get(path, headers)
    return gateway:get(filled(path), filled_headers(headers))
  end

  -- Each case is a status and what of the request matters.
  local function assert_statuses(cases)
    for _, case in ipairs(cases) do
      local status, path, headers = case[1], case[2], case[3]
      local got, _, body = get(path, headers)
      local shown = fixtures.literal({ path, headers }):sub(1, 300)
      assert.equal(status, got, shown)
      if status == 200 then
        assert.matches("X-Genesys-Client-Id: "
          .. emulator.clients.desktop.id, body, 1, true)
      else
        assert.not_matches(token, body, 1, true)
      end
    end
  end

  local function X(value)
    return { ["X-Token"] = value }
  end

  local function Cookie(value)
    return { Cookie = value }
  end

  local function Protocols(value)
    return { ["Sec-WebSocket-Protocol"] = value }
  end

  describe("is in a header", function()
    it("bare, or behind Bearer", function()
      assert_statuses({
        { 200, "/header", X("$T") },
        { 200, "/header", X("Bearer $T") },
        { 200, "/header", X("bEARER  $T") },
        { 200, "/header", { ["x-tOKEN"] = "$T" } },
        { 401, "/header" },
        { 401, "/header", X("invalid") },
        { 400, "/header", X("") },
        { 401, "/header", X("Bearer") },
        { 400, "/header", X("Basic $T") },
        { 400, "/header", X("$T,$T") },
        { 400, "/header", X('"$T"') },
        { 400, "/header", X("$T\1") },
        { 400, "/header", X("$T\255\254") },
        { 400, "/header", X(("a"):rep(60000)) },
      })
    end)

    it("once, in one spelling", function()
      assert_statuses({
        { 400, "/header", X({ "$T", "$O" }) },
        { 400, "/header", X({ "$T", "$T" }) },
        { 400, "/header", { ["X-Token"] = "$T", X_Token = "$O" } },
        { 400, "/header", { ["X-Token"] = "$T", X_Token = "$T" } },
        { 200, "/header", { X_Token = "$T" } },
        { 401, "/header", { ["X-Tokens"] = "$T", ["XX-Token"] = "$T" } },
      })
    end)

    it("wherever it is among hundreds", function()
      local headers = { ["Zz-Last"] = "x", ["X-Token"] = "$T" }
      for i = 1, 250 do
        headers["A-" .. i] = "x"
      end
      assert_statuses({ { 200, "/header", headers } })
      headers["X_Token"] = "$O"
      assert_statuses({ { 400, "/header", headers } })
    end)

    it("that need not be Authorization, which then nobody looks at",
      function()
        for _, value in ipairs({ "Bearer $O", "Basic YTpi", "Bearer $T" }) do
          local headers = { Authorization = value, ["X-Token"] = "$T" }
          assert_statuses({
            { 200, "/header", headers },
            { 401, "/header", { Authorization = value } },
          })
          local _, _, body = get("/hidden_header", headers)
          assert.matches("Authorization: " .. filled(value), body, 1, true)
        end
      end)
  end)

  describe("is in a cookie", function()
    it("of exactly that name", function()
      assert_statuses({
        { 200, "/cookie", Cookie("session=$T") },
        { 200, "/cookie", Cookie("a=b; session=$T; c") },
        { 200, "/cookie", Cookie("a=b;session=$T") },
        { 200, "/cookie", Cookie("session=$T;") },
        { 200, "/cookie", Cookie(" \t; session\t= $T ;") },
        { 401, "/cookie" },
        { 401, "/cookie", Cookie("a=b") },
        { 401, "/cookie", Cookie("xsession=$T") },
        { 401, "/cookie", Cookie("sessionx=$T; ses sion=$T") },
        { 401, "/cookie", Cookie("Session=$T; SESSION=$T") },
        { 401, "/cookie", Cookie("__Host-session=$T") },
        { 401, "/cookie", Cookie("a=session=$T") },
        { 401, "/cookie", Cookie("session") },
        { 401, "/cookie", Cookie("%73ession=$T") },
        { 401, "/cookie", Cookie("a=b,session=$T") },
        { 401, "/cookie", Cookie("session=invalid") },
      })
    end)

    it("as it is, but for quotes around it", function()
      assert_statuses({
        { 200, "/cookie", Cookie('session="$T"') },
        { 400, "/cookie", Cookie('session="$T') },
        { 400, "/cookie", Cookie('session=""') },
        { 400, "/cookie", Cookie('session="') },
        { 400, "/cookie", Cookie("session=") },
        { 400, "/cookie", Cookie("session=$T%0a") },
        { 400, "/cookie", Cookie("session=Bearer $T") },
        { 400, "/cookie", Cookie("session=$T\255") },
        { 400, "/cookie", Cookie("session=$T=x") },
      })
    end)

    it("once, in however many headers", function()
      assert_statuses({
        { 200, "/cookie", Cookie({ "a=b", "session=$T" }) },
        { 200, "/cookie", Cookie({ "session=$T", "a=b" }) },
        { 400, "/cookie", Cookie({ "session=$T", "session=$O" }) },
        { 400, "/cookie", Cookie({ "session=$T", "session=$T" }) },
        { 400, "/cookie", Cookie("session=$T; session=$O") },
        { 400, "/cookie", Cookie("session=$O; a=b; session =$T") },
        { 400, "/cookie", Cookie("session=; session=$T") },
      })
    end)

    it("also where there is much else", function()
      assert_statuses({
        { 200, "/cookie", Cookie(("a=b;"):rep(10000) .. "session=$T") },
        { 200, "/cookie", Cookie((" "):rep(30000) .. "session"
          .. (" \t"):rep(10000) .. "=$T") },
        { 401, "/cookie", Cookie((";"):rep(60000)) },
      })
    end)
  end)

  describe("is in the query", function()
    it("form-encoded", function()
      local encoded = token:gsub(".", function(byte)
        return ("%%%02x"):format(byte:byte())
      end)
      assert_statuses({
        { 200, "/query?access_token=$T" },
        { 200, "/query?a=b&access_token=$T&c" },
        { 200, "/query?&&access_token=$T&" },
        { 200, "/query?access%5Ftoken=$T" },
        { 200, "/query?%61ccess_token=" .. encoded },
        { 401, "/query" },
        { 401, "/query?" },
        { 401, "/query?a=b" },
        { 401, "/query?xaccess_token=$T" },
        { 401, "/query?Access_Token=$T" },
        { 401, "/query?access+token=$T" },
        { 401, "/query?access_token%00=$T" },
        { 401, "/query?a=b;access_token=$T" },
        { 401, "/query?access_token=invalid" },
        { 401, "/query/access_token=$T" },
      })
    end)

    it("and nothing but a token", function()
      assert_statuses({
        { 400, "/query?access_token" },
        { 400, "/query?access_token=" },
        { 400, "/query?access_token=+$T" },
        { 400, "/query?access_token=Bearer+$T" },
        { 400, "/query?access_token=$T%0d%0aX:y" },
        { 400, "/query?access_token=$T%00" },
        { 400, "/query?access_token=$T%ff%fe" },
        { 400, "/query?access_token=$T%" },
        { 400, "/query?access_token=$T;a=b" },
        { 400, "/query?access_token=%22$T%22" },
      })
    end)

    it("once, in whatever spelling", function()
      assert_statuses({
        { 400, "/query?access_token=$T&access_token=$O" },
        { 400, "/query?access_token=$T&access_token=$T" },
        { 400, "/query?access%5ftoken=$O&access_token=$T" },
        { 400, "/query?access_token&access_token=$T" },
      })
    end)

    it("also where there is much else", function()
      assert_statuses({
        { 200, "/query?" .. ("a=b&"):rep(7000) .. "access_token=$T" },
        { 401, "/query?" .. ("&"):rep(30000) },
      })
    end)

    it("and then no shared cache may keep the response", function()
      local _, headers = get("/query?access_token=$T")
      assert.equal("private", headers["cache-control"])
      _, headers = get("/list?a=b", { Authorization = "Bearer $T" })
      assert.is_nil(headers["cache-control"])
    end)
  end)

  describe("is among WebSocket's protocols", function()
    it("behind the one that announces it", function()
      assert_statuses({
        { 200, "/subprotocol", Protocols("bearer, $T") },
        { 200, "/subprotocol", Protocols("bearer,$T") },
        { 200, "/subprotocol", Protocols("chat.v2, bearer , $T") },
        { 200, "/subprotocol", Protocols({ "bearer, $T", "chat.v2" }) },
        { 401, "/subprotocol" },
        { 401, "/subprotocol", Protocols("chat.v2") },
        { 401, "/subprotocol", Protocols("Bearer, $T") },
        { 401, "/subprotocol", Protocols("$T") },
        { 401, "/subprotocol", Protocols("bearer $T") },
        { 401, "/subprotocol", Protocols("bearer, invalid") },
        { 400, "/subprotocol", Protocols("$T, bearer") },
        { 400, "/subprotocol", Protocols("bearer") },
        { 400, "/subprotocol", Protocols("bearer,") },
        { 400, "/subprotocol", Protocols("bearer, , $T") },
        { 400, "/subprotocol", Protocols("bearer, $T, bearer, $O") },
        { 400, "/subprotocol", Protocols("bearer, $T, bearer") },
      })
    end)

    it("and the response names the protocol, and never the token",
      function()
        local status, headers, body =
          get("/subprotocol", Protocols("bearer, $T"))
        assert.equal(200, status)
        assert.equal("bearer", headers["sec-websocket-protocol"])
        assert.not_matches("sec-websocket-protocol", body:lower(), 1, true)
        assert.not_matches(token, body, 1, true)
      end)

    it("and the application chooses among its own", function()
      for _, offered in ipairs({
        "bearer, $T, chat.v2, chat.v1", "chat.v2, bearer, $T, chat.v1",
        " chat.v2 ,chat.v1,bearer,$T",
      }) do
        local _, headers, body = get("/subprotocol", Protocols(offered))
        assert.is_nil(headers["sec-websocket-protocol"])
        assert.matches("Sec-WebSocket-Protocol: chat.v2, chat.v1\r\n", body, 1,
          true)
        assert.not_matches(token, body, 1, true)
      end
    end)
  end)

  describe("is in one of a list", function()
    it("or in several that agree", function()
      local all = { Authorization = "Bearer $T", Cookie = "session=$T" }
      assert_statuses({
        { 200, "/list", { Authorization = "Bearer $T" } },
        { 200, "/list", Cookie("session=$T") },
        { 200, "/list?access_token=$T" },
        { 200, "/list?access_token=$T", all },
        { 401, "/list" },
        { 401, "/list?a=b", Cookie("a=b") },
      })
    end)

    it("but not with another one, or with what is none", function()
      assert_statuses({
        { 400, "/list", { Authorization = "Bearer $T",
          Cookie = "session=$O" } },
        { 400, "/list", { Authorization = "Bearer $O",
          Cookie = "session=$T" } },
        { 400, "/list?access_token=$O", Cookie("session=$T") },
        { 400, "/list?access_token=invalid", Cookie("session=$T") },
        { 400, "/list?access_token=", Cookie("session=$T") },
        { 400, "/list", { Authorization = "Basic YTpi",
          Cookie = "session=$T" } },
        { 400, "/list", Cookie("session=$T; session=$T") },
        { 400, "/list", { Authorization = "Bearer $T", Cookie = "session=" } },
      })
    end)

    it("which asks for no more than one token", function()
      get("/list?access_token=$O", Cookie("session=$T"))
      assert.equal(0, (select(2, emulator:requests())))
    end)
  end)

  describe("is what a function returns", function()
    it("of whatever the request has", function()
      assert_statuses({
        { 200, "/by_function/token/$T" },
        { 200, "/by_function", { ["X-Own"] = "$T" } },
        { 401, "/by_function" },
        { 401, "/by_function/token/invalid" },
        { 400, "/by_function/token/" },
        { 400, "/by_function/token/a b" },
        { 400, "/by_function", { ["X-Own"] = "Bearer $T" } },
        { 200, "/slow_function", { ["X-Own"] = "$T" } },
      })
    end)

    it("or nobody passes", function()
      for name, message in pairs({
        table_function = 'the function of option "token" must return a string '
          .. "or nil, got table",
        false_function = "must return a string or nil, got boolean",
        error_function = "no such luck",
      }) do
        assert.equal(500, (get("/" .. name)))
        assert.matches(message, gateway:log(), 1, true)
        gateway:clear_log()
      end
    end)
  end)

  describe("is not what the application gets, with hide_credentials:",
    function()
      -- Asserts that it is in the request, and not without hide_credentials.
      local function assert_hidden(name, path, headers)
        local status, _, body = get("/" .. name .. path, headers)
        assert.equal(200, status)
        assert.matches(token, body, 1, true)
        status, _, body = get("/hidden_" .. name .. path, headers)
        assert.equal(200, status)
        assert.not_matches(token, body, 1, true)
        return body
      end

      it("a header", function()
        local body = assert_hidden("header", "?a=%20b",
          { ["X-Token"] = "$T", ["X-Tokens"] = "kept" })
        assert.not_matches("x-token:", body:lower(), 1, true)
        assert.matches("X-Tokens: kept", body, 1, true)
        assert_hidden("header", "", { X_Token = "$T" })
        assert_hidden("authorization", "", { Authorization = "bearer $T" })
      end)

      it("a cookie, and no other", function()
        for given, kept in pairs({
          ["session=$T"] = false,
          ["session=$T;"] = false,
          ["a=b; session=$T"] = "a=b",
          ["session=$T; a=b;c"] = "a=b;c",
          ['a="b=; c";  session = "$T" ;d=%20; session2=x; e'] =
            'a="b=; c";d=%20; session2=x; e',
        }) do
          local body = assert_hidden("cookie", "", Cookie(given))
          assert.equal(kept or nil, body:match("\r\nCookie: ([^\r\n]*)\r\n"))
        end
        local body =
          assert_hidden("cookie", "", Cookie({ "a=b", "session=$T", "c=d" }))
        assert.matches("\r\nCookie: a=b; c=d\r\n", body, 1, true)
      end)

      it("an argument of the query, and no other", function()
        for given, kept in pairs({
          ["?access_token=$T"] = "",
          ["?access_token=$T&"] = "?",
          ["?a=b&access_token=$T"] = "?a=b",
          ["?access%5Ftoken=$T&a=%20+b%2f&&c&d=%zz&e=%C3%A4"] =
            "?a=%20+b%2f&&c&d=%zz&e=%C3%A4",
          ["?a=\255\195\164<>\"{}|\\^`'&access_token=$T"] =
            "?a=\255\195\164<>\"{}|\\^`'",
          ["?&a=1;b=2&%61ccess_token=$T&xaccess_token=c"] =
            "?&a=1;b=2&xaccess_token=c",
        }) do
          local body = assert_hidden("query", given)
          assert.equal("/hidden_query" .. (kept == "?" and "" or kept),
            body:match("^GET (%S+) HTTP"))
        end
      end)

      it("an argument, after which nginx normalises the path", function()
        for path, sent in pairs({
          ["/hidden_query/a%2Fb//c?access_token=$T"] = "/hidden_query/a/b/c",
          ["/query/a%2Fb//c?access_token=$T"] =
            "/query/a%2Fb//c?access_token=$T",
        }) do
          local _, _, body = get(path)
          assert.equal(filled(sent), body:match("^GET (%S+) HTTP"))
        end
      end)

      it("all of a list", function()
        assert_hidden("list", "?access_token=$T&a=b",
          { Authorization = "Bearer $T", Cookie = "session=$T" })
      end)

      it("what a function takes out itself", function()
        assert_hidden("by_function", "/token/$T")
      end)

      it("and not if it passes unverified", function()
        emulator:fault({ path = PATH, status = 500, count = 1000 })
        local path = "/hidden_list?access_token=$T&a=b"
        local status, headers, body = get(path, Cookie("session=$T"))
        assert.equal(200, status)
        assert.equal("1", headers["x-gctokens-unverified"])
        assert.not_matches(token, body, 1, true)
        gateway:clear_log()
      end)
    end)
end)


describe("the option token #once", function()
  local function refusal(option)
    local emulator = fixtures.emulator()
    local gateway, message = nginx.try(guarded_nginx.options({
      after = "guard:policy({ token = " .. option .. " })",
    }, { base_url = emulator.http_url }))
    if gateway then
      gateway:stop()
    end
    return message
  end

  it("must be what can be a source, or nginx does not start", function()
    local message = refusal('"header:X Token"')
    assert.matches('guard:policy: option "token" must be "header:NAME", '
      .. '"cookie:NAME", "query:NAME" or "subprotocol:NAME", with a name that '
      .. "is possible there, or a function, or a list of these, got string",
      message, 1, true)
    assert.not_matches("X Token", message, 1, true)
  end)

  it("is checked whole", function()
    local token_option = require("gctokens.guard.request.token_option")
    for _, right in ipairs({
      "header:authorization", "header:X-A", "cookie:__Host-a", "query:a.b-c~_",
      "subprotocol:a.b", { "cookie:a" }, { "cookie:a", print },
    }) do
      assert.is_true(token_option.check(right))
    end
    for _, wrong in ipairs({
      "", "header", "header:", "header:a:b", "header:a b", "header:a\n",
      "header:Cookie", "header:host", "header:Content-Length", "Header:a",
      " header:a", "cookie:a=b", "cookie:a;b", "cookie:", "query:",
      "query:a&b", "query:a%5Fb", "subprotocol:a,b", "subprotocol:", "form:a",
      "body:a", {}, { 1 }, { [2] = "cookie:a" }, { "cookie:a", false },
      { "cookie:a", nil, "cookie:b" }, { { "cookie:a" } }, { a = "cookie:a" },
      true, false, 1,
    }) do
      assert.is_string(token_option.check(wrong), fixtures.literal(wrong))
    end
  end)
end)


-- Why a verdict is remembered: guard_redirect_spec.lua.
describe("a request that nginx sends on, with its token elsewhere #once",
  function()
    local gateway, emulator

    local SERVER = [[
      location = /first {
        access_by_lua_block { guard:access(first) }
        content_by_lua_block { ngx.exec("/last", "to=nobody") }
      }
      location = /missing {
        access_by_lua_block { guard:access(first) }
        root .;
        error_page 404 = /last;
      }
      location = /last {
        access_by_lua_block { guard:access(first) }
        content_by_lua_block {
          ngx.print(ngx.ctx.gctokens.client_id, " ", ngx.var.args or "")
        }
      }
      location = /to_other {
        access_by_lua_block { guard:access(first) }
        content_by_lua_block { ngx.exec("/last", "token=other") }
      }
      location = /outer {
        access_by_lua_block { guard:access(first) }
        content_by_lua_block {
          ngx.print(ngx.location.capture("/inner").status)
        }
      }
      location = /by_subrequest {
        auth_request /judge;
        content_by_lua_block { ngx.print("passed") }
      }
      location = /judge {
        internal;
        content_by_lua_block { guard:access(first) }
      }
      location = /inner {
        rewrite_by_lua_block { guard:access(first) }
        content_by_lua_block { ngx.print("passed") }
      }
    ]]

    local function start(option, hides)
      emulator = fixtures.emulator()
      gateway = guarded_nginx.start({
        server = SERVER,
        after = ("first = guard:policy({ token = %s, hide_credentials = %s })")
          :format(option, tostring(hides)),
      })
      local token = emulator:issue({ client = "desktop" })
      return token, emulator.clients.desktop.id
    end

    after_each(function()
      gateway:stop()
    end)

    local function headers_of(token)
      return {
        ["X-Token"] = token, Cookie = "session=" .. token,
        ["Sec-WebSocket-Protocol"] = "bearer, " .. token,
      }
    end

    for _, option in ipairs({
      '"header:X-Token"', '"cookie:session"', '"query:token"',
      '"subprotocol:bearer"', '{ "query:token", "cookie:session" }',
      "function() return ngx.var.arg_token end",
    }) do
      for _, hides in ipairs({ false, true }) do
        it(("goes on: %s, hidden: %s"):format(option, tostring(hides)),
          function()
            local token, client = start(option, hides)
            for _, path in ipairs({ "/first", "/missing" }) do
              local status, _, body = gateway:get(
                path .. "?token=" .. token, headers_of(token))
              assert.equal(200, status, path)
              assert.matches(client, body, 1, true)
              assert.equal(401, (gateway:get(path)))
            end
          end)
      end
    end

    it("is not seen by auth_request where it is in the query", function()
      local token = start('{ "query:token", "cookie:session" }', false)
      assert.equal(401, (gateway:get("/by_subrequest?token=" .. token)))
      assert.equal(200, (gateway:get("/by_subrequest", headers_of(token))))
    end)

    it("does not let its subrequests through", function()
      local token = start('"query:token"', true)
      assert.equal("401",
        (select(3, gateway:get("/outer?token=" .. token))))
    end)

    it("is checked again where another token is in its place", function()
      local token = start('"query:token"', false)
      assert.equal(401, (gateway:get("/to_other?token=" .. token)))
    end)

    it("keeps its verdict where its own was hidden", function()
      local token, client = start('"query:token"', true)
      local status, _, body = gateway:get("/to_other?token=" .. token)
      assert.equal(200, status)
      assert.equal(client .. " ", body)
    end)
  end)

-- What the specs of nginx rely on: how it is started, called and stopped.

local nginx = require "spec.support.nginx"
local fixtures = require "spec.support.fixtures"
local system = require "spec.support.system"


local SERVER = [[
  location / {
    return 200 hello;
  }
  location = /pid {
    content_by_lua_block {
      ngx.print(ngx.worker.pid())
    }
  }
  location = /echo {
    content_by_lua_block {
      ngx.req.read_body()
      ngx.print(ngx.req.raw_header(), ngx.req.get_body_data() or "")
    }
  }
  location = /wait {
    content_by_lua_block {
      while not ngx.shared.flags:get("go") do
        ngx.sleep(0.001)
      end
      ngx.print("waited")
    }
  }
  location = /go {
    content_by_lua_block {
      ngx.shared.flags:set("go", true)
    }
  }
]]


describe("a gateway #once", function()
  local gateway

  local function start(options)
    options.http = "lua_shared_dict flags 64k;" .. (options.http or "")
    options.server = options.server or SERVER
    gateway = nginx.start(options)
    return gateway
  end

  after_each(function()
    if gateway then
      assert.equal("", gateway:stop())
      gateway = nil
    end
  end)

  it("serves with the module of the built tree", function()
    start({ server = [[location / {
      content_by_lua_block {
        local core = require "gctokens.core"
        ngx.header.x_list = { "a", "b" }
        ngx.print(type(core.new), jit and "jit")
      }
    }]] })
    local status, headers, body = gateway:get("/")
    assert.equal(200, status)
    assert.equal("a, b", headers["x-list"])
    assert.equal("functionjit", body)
  end)

  it("is sent exactly what a spec says", function()
    start({})
    local _, _, body = gateway:request({
      method = "POST", path = "/echo?a", body = "text",
      headers = { ["X-One"] = { "1", "2" }, Host = "h", Connection = false },
    })
    assert.equal("POST /echo?a HTTP/1.1\r\ncontent-length: 4\r\n"
      .. "Host: h\r\nX-One: 1\r\nX-One: 2\r\n\r\ntext", body)
    local raw = "GET /echo HTTP/1.0\r\nx-b:\t1\r\nX-A :2\r\n\r\n"
    assert.equal(400, (gateway:request({ raw = raw })))
    raw = "GET /echo HTTP/1.0\r\nx-b:\t1\r\nX-A:2\r\n\r\n"
    assert.equal(raw, (select(3, gateway:request({ raw = raw }))))
    assert.same({ 200, "" }, {
      (gateway:request({ method = "HEAD" })),
      (select(3, gateway:request({ method = "HEAD" }))),
    })
  end)

  it("answers many requests that were all sent before", function()
    start({ workers = 2 })
    local waiting = {}
    for i = 1, 5 do
      waiting[i] = gateway:send({ path = "/wait" })
    end
    waiting[5]:abort()
    local responses = gateway:burst({
      count = 1000, path = "/echo",
      headers = function(i)
        return { ["X-Number"] = i }
      end,
    })
    assert.equal(1000, #responses)
    for i, response in ipairs(responses) do
      assert.equal(200, response.status)
      assert.matches("X-Number: " .. i .. "\r\n", response.body, 1, true)
    end
    gateway:get("/go")
    for i = 1, 4 do
      assert.equal("waited", (select(3, waiting[i]:receive())))
    end
  end)

  it("tells what its workers hold", function()
    start({ workers = 3, connections = 64 })
    assert.equal(3, #gateway:workers())
    assert.equal(3, #gateway:rss())
    for i, size in ipairs(gateway:rss()) do
      assert.is_true(size > 1000)
      assert.is_true(gateway:descriptors()[i] > 3)
    end
  end)

  it("serves on through a reload", function()
    start({ workers = 2 })
    local old = gateway:workers()
    local waiting = gateway:send({ path = "/wait" })
    gateway:get("/")
    gateway:reload()
    local serving, leaving
    assert.is_true(system.wait_until(function()
      serving, leaving = gateway:workers()
      return #leaving == 1
    end))
    local _, _, pid = gateway:get("/pid")
    assert.equal(2, #serving)
    assert.is_true(leaving[1] == old[1] or leaving[1] == old[2])
    assert.is_true(tonumber(pid) == serving[1] or tonumber(pid) == serving[2])
    gateway:get("/go")
    assert.equal("waited", (select(3, waiting:receive())))
    assert.is_true(system.wait_until(function()
      return #select(2, gateway:workers()) == 0
    end))
  end)

  it("ends when it is told to quit and has answered", function()
    start({})
    local waiting = gateway:send({ path = "/wait" })
    local going = gateway:send({ raw = "GET /go HTTP/1.0\r\n" })
    gateway:get("/")
    gateway:quit()
    assert.is_true(system.wait_until(function()
      return not pcall(gateway.get, gateway, "/")
    end))
    going:send("\r\n")
    assert.equal(200, (going:receive()))
    assert.equal("waited", (select(3, waiting:receive())))
    gateway:wait_for_end()
  end)

  it("ends when the process that started it is gone", function()
    local output, code = fixtures.script([[
      local gateway = require("spec.support.nginx").start({ workers = 2 })
      print(gateway.pid, gateway.directory)
      os.exit(0)
    ]])
    local pid, directory = output:match("^(%d+)\t([^\n]+)")
    assert.equal(0, code, output)
    assert.is_true(system.wait_until(function()
      return not system.is_running(pid)
        and not system.read(directory .. "/nginx.conf")
    end))
  end)

  it("keeps what was logged", function()
    start({ server = [[location / {
      content_by_lua_block {
        ngx.log(ngx.NOTICE, "too quiet")
        ngx.log(ngx.WARN, "look ", os.getenv("LOOK"))
      }
    }]], env = { LOOK = "here it's" } })
    gateway:get("/")
    assert.matches("look here it's", gateway:log(), 1, true)
    assert.not_matches("too quiet", gateway:log())
    gateway:clear_log()
    gateway:get("/")
    local _, lines = gateway:log():gsub("\n", "")
    assert.equal(1, lines)
    gateway:clear_log()
  end)

  it("tells why it does not start", function()
    for wanted, options in pairs({
      ['unknown directive "nonsense"'] = { http = "nonsense;" },
      ["no such luck"] = {
        http = 'init_by_lua_block { error("no such luck") }',
      },
    }) do
      local none, message = nginx.try(options)
      assert.is_nil(none)
      assert.matches(wanted, message, 1, true)
      assert.error_matches(function()
        nginx.start(options)
      end, wanted, 1, true)
    end
  end)

  it("closes a connection as told, and says when nothing came", function()
    start({ server = "location / { return 444; }" })
    assert.same({ nil, "closed" }, { gateway:get("/") })
    assert.same({ {}, {} }, gateway:burst({ count = 2, path = "/" }))
  end)

  it("speaks TLS, too", function()
    start({ tls = true })
    local output = system.run(
      "curl -sS --noproxy '*' --http2 -w '%{http_version}' --cacert "
        .. gateway.ca_file .. " " .. gateway.tls_url)
    assert.equal("hello2", output)
  end)

  it("does as a spec says when a worker starts", function()
    start({ init_worker = 'ngx.shared.flags:set("go", true)' })
    assert.equal(200, (gateway:get("/wait")))
  end)
end)

--- What the fleet's scripts answer, on a real Redis.

local redis = require("spec.support.redis")
local scripts = require("gctokens.guard.fleet.scripts")

local LOG, RECORD, LEASE, MACHINES = "{f}:log", "{f}:r:K", "{f}:l:K", "{f}:m"


describe("the fleet's scripts #once", function()
  local server, random

  setup(function()
    server = redis.start()
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:command("FLUSHALL")
    random = 100
  end)

  local function eval(name, keys, ...)
    random = random + 1
    local words = { "EVAL", scripts[name], #keys }
    for _, list in ipairs({ keys, { tostring(random), ... } }) do
      for _, word in ipairs(list) do
        words[#words + 1] = word
      end
    end
    return server:call(words)
  end

  local function look(epoch, changes)
    changes = changes or {}
    return eval("look", { LOG, RECORD, LEASE }, epoch,
      changes.owner or "me", changes.lease or "1000", changes.limit or "60000",
      changes.ahead or "0", "K")
  end

  local function beat(epoch, seen, highest, most, machine)
    return eval("beat", { LOG, MACHINES }, epoch, seen or "", highest or "",
      most or "1000", machine or "a", "15000")
  end

  local function mark(kind, name, epoch, highest)
    return eval("mark", { LOG, RECORD }, epoch or "", highest or "", kind,
      name or "")
  end

  local function store(epoch, answer, changes)
    changes = changes or {}
    local soft = changes.soft or 60000
    return eval("store", { LOG, RECORD, LEASE }, epoch,
      changes.owner or "me", answer[2], answer[3], tostring(soft),
      changes.what or "valid", ("MAC 1 %s %s %s %d 90000 1\nid"):format(
        changes.epoch or epoch, answer[2]:match("^%d+"), answer[3], soft),
      "K", "organisation", changes.home)[1]
  end

  -- The epoch and the last id, as a machine that has just come learns them.
  local function join()
    local answer = beat("")
    assert.equal("reset", answer[1])
    return answer[2], answer[3]
  end

  local function number_of(id)
    return tonumber(id:match("^%d+"))
  end

  describe("LOOK", function()
    it("is told another epoch by whoever knows none", function()
      assert.same({ "reset" }, look(""))
      assert.same({ "reset" }, look("1"))
    end)

    it("lets one ask, and the others wait until the lease ends", function()
      local epoch, id = join()
      local lead = look(epoch, { lease = "50" })
      assert.equal("lead", lead[1])
      assert.equal(id, lead[2])
      assert.matches("^%d+$", lead[3])
      assert.equal("wait", look(epoch, { owner = "other" })[1])
      assert.equal("lead", look(epoch)[1], "the owner may repeat itself")
      server:command("DEL", LEASE) -- as it is after its time
      assert.equal("lead", look(epoch, { owner = "other" })[1])
    end)

    it("gives the lease a time limit", function()
      look(join(), { lease = "700" })
      local left = server:command("PTTL", LEASE)
      assert.is_true(left > 0 and left <= 700)
    end)

    it("answers with a record and its age", function()
      local epoch = join()
      assert.equal("stored", store(epoch, look(epoch)))
      local found = look(epoch, { owner = "other" })
      assert.equal("record", found[1])
      assert.is_true(tonumber(found[3]) < 5000)
      assert.matches("^MAC 1 " .. epoch, found[4])
    end)

    it("has no use for a record past the caller's own time", function()
      local epoch = join()
      store(epoch, look(epoch))
      assert.equal("lead", look(epoch, { limit = "0" })[1])
    end)

    it("has no use for a record that ends soon, in a refresh", function()
      local epoch = join()
      store(epoch, look(epoch), { soft = 4000 })
      assert.equal("record", look(epoch)[1])
      assert.equal("record", look(epoch, { ahead = "60000" })[1],
        "the first half of its time is never the end")
      server:command("SET", RECORD,
        (server:command("GET", RECORD):gsub("(MAC 1 %d+ %d+ )(%d+)",
          function(head, time)
            return head .. ("%.0f"):format(tonumber(time) - 3000)
          end)))
      assert.equal("record", look(epoch)[1])
      assert.equal("lead", look(epoch, { ahead = "2000" })[1])
    end)

    it("believes no record of another epoch, of no epoch, or of later",
      function()
        local epoch = join()
        for name, text in pairs({
          ["another epoch"] = "MAC 1 77 1 %s 60000 0 1\nid",
          ["the future"] = "MAC 1 " .. epoch .. " 1 9%s 60000 0 1\nid",
          ["marks that are not there"] =
            "MAC 1 " .. epoch .. " 9 %s 60000 0 1\nid",
          ["another format"] = "MAC 2 " .. epoch .. " 1 %s 60000 0 1\nid",
          ["nothing"] = "",
        }) do
          local now = server:command("TIME")[1] .. "000"
          server:command("SET", RECORD, text:format(now))
          assert.equal("lead", look(epoch)[1], name)
        end
      end)

    it("believes no record that is older than a mark of all, or of an "
      .. "organisation", function()
      for _, kind in ipairs({ "*", "o" }) do
        server:command("FLUSHALL")
        local epoch = join()
        store(epoch, look(epoch))
        mark(kind, "any")
        assert.equal("lead", look(epoch)[1], kind)
      end
    end)

    -- A mark deletes the record. Whoever puts it back gains nothing.
    it("believes no record that was put back after its mark", function()
      local epoch = join()
      store(epoch, look(epoch))
      local old = server:command("GET", RECORD)
      mark("t", "other")
      server:command("SET", RECORD, old)
      assert.equal("record", look(epoch)[1])
      mark("d", "K")
      assert.is_nil(server:command("GET", RECORD))
      server:command("SET", RECORD, old)
      assert.equal("lead", look(epoch)[1])
    end)

    it("tells of a limit until it ends", function()
      local epoch = join()
      assert.equal("done", store(epoch, look(epoch), { what = "limited" }))
      assert.same({ "limited" }, look(epoch))
      local left = server:command("PTTL", LEASE)
      assert.is_true(left > 0 and left <= 2000)
    end)
  end)

  describe("STORE", function()
    it("ends the owner's lease only", function()
      local epoch = join()
      local asked = look(epoch)
      store(epoch, asked, { owner = "other", what = "failed" })
      assert.equal("me", server:command("GET", LEASE))
      store(epoch, asked, { what = "failed" })
      assert.is_nil(server:command("GET", LEASE))
      assert.is_nil(server:command("GET", RECORD))
    end)

    it("gives the record the time that is left", function()
      local epoch = join()
      store(epoch, look(epoch), { soft = 3000 })
      local left = server:command("PTTL", RECORD)
      assert.is_true(left > 0 and left <= 3000)
    end)

    it("forgets the record of a token that has become invalid", function()
      local epoch = join()
      store(epoch, look(epoch))
      store(epoch, { "lead", "1-1", "1" }, { what = "invalid" })
      assert.is_nil(server:command("GET", RECORD))
    end)

    it("is overtaken by a mark that came meanwhile", function()
      for _, case in ipairs({
        { "t", "K" }, { "d", "K" }, { "o", "organisation" }, { "o", "home" },
        { "*", "" },
      }) do
        local epoch = join()
        local asked = look(epoch)
        mark(case[1], case[2])
        mark("t", "another")
        assert.equal("overtaken", store(epoch, asked, { home = "home" }),
          case[1])
        assert.is_nil(server:command("GET", RECORD))
      end
    end)

    it("is not overtaken by marks of others", function()
      local epoch = join()
      local asked = look(epoch)
      mark("t", "another")
      mark("o", "another")
      assert.equal("stored", store(epoch, asked))
    end)

    it("does not write over a newer record", function()
      local epoch = join()
      local late = look(epoch)
      late[3] = ("%.0f"):format(tonumber(late[3]) - 1000)
      assert.equal("stored", store(epoch, look(epoch)))
      local newer = server:command("GET", RECORD)
      assert.equal("newer", store(epoch, late))
      assert.equal(newer, server:command("GET", RECORD))
    end)

    it("cannot tell of an epoch, or of marks, that are gone", function()
      local epoch = join()
      local asked = look(epoch)
      assert.equal("unknown", store("77", asked))
      assert.equal("unknown", store(epoch, { "lead", "1-1", asked[3] }))
      server:command("XTRIM", LOG, "MAXLEN", "0")
      assert.equal("unknown", store(epoch, asked))
      assert.is_nil(server:command("GET", RECORD))
    end)

    it("cannot tell of more marks than it looks at", function()
      local epoch = join()
      local asked = look(epoch)
      for _ = 1, 1000 do
        mark("t", "another")
      end
      assert.equal("unknown", store(epoch, asked))
    end)

    it("keeps no record that is over, or of later", function()
      local epoch = join()
      local asked = look(epoch)
      assert.equal("unknown", store(epoch, asked, { soft = 0 }))
      assert.equal("unknown",
        store(epoch, { "lead", asked[2], "9" .. asked[3] }))
    end)
  end)

  describe("MARK and BEAT", function()
    it("number the marks, and hand them out in their order", function()
      local epoch, id = join()
      mark("t", "one")
      mark("o", "two")
      local answer = beat(epoch, id, id)
      assert.equal("marks", answer[1])
      assert.equal(epoch, answer[2])
      assert.equal(answer[8], answer[3])
      assert.same({ "t", "one", "o", "two" },
        { answer[6], answer[7], answer[9], answer[10] })
      assert.equal(number_of(id) + 2, number_of(answer[8]))
      assert.equal(4, #beat(epoch, answer[3], answer[3]))
    end)

    it("hand them out a batch at a time", function()
      local epoch, id = join()
      for _ = 1, 3 do
        mark("t", "one")
      end
      local first = beat(epoch, id, id, "2")
      assert.equal(4 + 2 * 3, #first)
      local second = beat(epoch, first[8], first[3], "2")
      assert.equal(4 + 3, #second)
      assert.equal(second[3], second[5])
    end)

    it("keep the last ten thousand, and say so to who comes later", function()
      local epoch, id = join()
      server:command("EVAL", [[
        for n = 2, 10300 do
          redis.call('XADD', KEYS[1], 'MAXLEN', '~', '10000', n .. '-5',
            'k', 't', 'w', 'x', 'e', ARGV[1], 'g', '1')
        end
      ]], "1", LOG, epoch)
      assert.is_true(server:command("XLEN", LOG) < 10200)
      assert.equal("reset", beat(epoch, id, id)[1])
      assert.equal("marks", beat(epoch, "9000-5", "10300-5")[1])
    end)

    it("begin a new epoch when the log is lost", function()
      for name, lose in pairs({
        flushed = { "FLUSHALL" }, deleted = { "DEL", LOG },
        emptied = { "XTRIM", LOG, "MAXLEN", "0" },
      }) do
        server:command("FLUSHALL")
        local epoch, id = join()
        server:call(lose)
        local answer = beat(epoch, id, id)
        assert.equal("reset", answer[1], name)
        assert.not_equal(epoch, answer[2], name)
        assert.same({ "reset" }, look(epoch), name)
      end
    end)

    -- The log of a replica that was promoted is older. Another mark takes the
    -- number of the one that is lost.
    it("begin a new epoch when a mark is lost, whoever notices", function()
      local function lose()
        server:command("FLUSHALL")
        local epoch, id = join()
        local told = mark("t", "lost", epoch, id)[2]
        server:command("XDEL", LOG, told)
        return epoch, id, told
      end
      local epoch, id, told = lose()
      assert.equal("reset", beat(epoch, id, told)[1], "by the highest id")
      epoch, id, told = lose()
      mark("t", "another")
      assert.equal("reset", beat(epoch, id, told)[1], "behind another mark")
      epoch, id, told = lose()
      mark("t", "another")
      assert.not_equal(id, told)
      assert.equal("reset", beat(epoch, told, "")[1], "by its place")
      epoch, id, told = lose()
      assert.not_equal(id, told)
      assert.not_equal(epoch, mark("t", "next", epoch, told)[1], "by a mark")
    end)

    it("begin none when nothing is lost", function()
      local epoch, id = join()
      local told = mark("t", "kept", epoch, id)[2]
      assert.equal("marks", beat(epoch, id, told)[1])
      assert.equal(epoch, mark("t", "next", epoch, told)[1])
    end)

    it("count the machines that have polled", function()
      local epoch, id = join()
      assert.equal("1", beat(epoch, id, id)[4])
      assert.equal("2", beat(epoch, id, id, nil, "b")[4])
      assert.equal("2", beat(epoch, id, id)[4])
      server:command("SET", MACHINES, "b 1;")
      assert.equal("1", beat(epoch, id, id)[4])
    end)
  end)

  it("keep nothing for ever but the log", function()
    local epoch = join()
    store(epoch, look(epoch))
    look(epoch, { limit = "0" })
    for _, key in ipairs(server:command("KEYS", "*")) do
      assert.equal(key == LOG, server:command("TTL", key) == -1, key)
    end
    server:command("EXPIRE", LOG, 100)
    look(epoch)
    assert.equal(-1, server:command("TTL", LOG))
  end)

  it("are refused by a replica, as a whole", function()
    local epoch, id = join()
    server:command("REPLICAOF", "127.0.0.1", "1")
    for name, call in pairs({
      look = function() look(epoch) end,
      mark = function() mark("t", "K") end,
      beat = function() beat(epoch, id, id) end,
      store = function() store(epoch, { "lead", id, "1" }) end,
    }) do
      local ok, message = pcall(call)
      assert.is_false(ok, name)
      assert.matches("READONLY", message)
    end
    server:command("REPLICAOF", "NO", "ONE")
  end)

  it("need no rights but those that the README names", function()
    local readme = io.open("lua/gctokens/guard/fleet/README.md")
    local rule = readme:read("*a"):match("\nuser gateway [^\n]+")
    readme:close()
    local words = { "ACL", "SETUSER" }
    for word in rule:gsub("gctokens:", "f"):gmatch("%S+") do
      if word ~= "user" then
        words[#words + 1] = (word:gsub("{f[^}]*}", "{f}"))
      end
    end
    server:call(words)
    server:command("AUTH", "gateway", words[5]:match("^>(.*)"))
    local epoch = join()
    assert.equal("stored", store(epoch, look(epoch)))
    mark("t", "K")
    assert.is_false(pcall(server.command, server, "GET", "other"))
    assert.is_false(pcall(server.command, server, "KEYS", "*"))
    server:reconnect()
  end)
end)

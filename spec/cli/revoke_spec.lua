--- gctokens revoke: what it sends and prints, and its exit codes.

local revocations = require("spec.support.revocations")

local uuid = revocations.uuid


describe("gctokens revoke", function()
  local bench

  before_each(function()
    bench = revocations.bench()
  end)

  after_each(function()
    bench:close()
  end)

  it("revokes the tokens of users", function()
    local users = bench.emulator.users
    local code, output, errors = bench:run(
      users.agent .. " " .. users.supervisor .. " --concurrency 1")
    assert.equal(0, code)
    assert.equal(("done\t%s\ndone\t%s\n"):format(users.agent, users.supervisor),
      output)
    assert.truthy(errors:find("^gctokens: 2 done; %d s\n$"), errors)
    assert.same({ [users.agent] = 1, [users.supervisor] = 1 },
      (bench:reconcile()))
  end)

  it("sends an id once, even if it is given twice", function()
    local code, output, errors = bench:run(
      uuid(1) .. " " .. uuid(2) .. " " .. uuid(1))
    assert.equal(0, code)
    assert.equal(2, select(2, output:gsub("done\t", "")))
    assert.truthy(errors:find("2 done, 1 given twice;", 1, true), errors)
    assert.same({ [uuid(1)] = 1, [uuid(2)] = 1 }, (bench:reconcile()))
  end)

  it("prints a JSON object for each user with --json", function()
    local code, output = bench:run(
      "--json --any-id --concurrency 1 nobody " .. uuid(1))
    assert.equal(0, code)
    local records = revocations.records(output)
    assert.equal(2, #records)
    assert.equal("nobody", records[1].user_id)
    assert.equal("not_found", records[1].result)
    assert.equal(404, records[1].status)
    assert.equal("string", type(records[1].correlation_id))
    assert.same({ user_id = uuid(1), result = "done" }, records[2])
  end)

  it("prints only what went wrong with --quiet", function()
    assert.same({ 0, "not_found\tnobody\tno such user\n", "" },
      { bench:run("--quiet --any-id nobody " .. uuid(1)) })
    bench.emulator:fault({ path = "/api/v2/tokens/" .. uuid(3), status = 400 })
    local code, output, errors = bench:run(
      ("--quiet %s %s"):format(uuid(2), uuid(3)))
    assert.equal(1, code)
    assert.truthy(output:find("^failed\t" .. uuid(3):gsub("%-", "%%-")
      .. "\tanswered 400 %(correlation id %x[%x-]+%)\n$"), output)
    assert.truthy(errors:find("1 done, 1 failed", 1, true))
  end)

  it("prints each result as it comes", function()
    bench:start("--concurrency 1 --rate off " .. uuid(1) .. " " .. uuid(2))
    bench.emulator:fault({ delay = 60, path = "/api/v2/tokens/" .. uuid(4) })
    bench:wait()
    bench:start("--concurrency 1 --rate off " .. uuid(3) .. " " .. uuid(4))
    bench:wait_for_requests(4)
    assert.equal("done\t" .. uuid(3) .. "\n", bench:text("out"))
    bench:signal("KILL")
    bench:wait()
  end)

  it("sends nothing with --dry-run, and needs no token", function()
    local code, output, errors = bench:run(
      "--dry-run --from - <" .. bench:file("list", revocations.list(2)),
      { env = { GENESYSCLOUD_ACCESS_TOKEN = false } })
    assert.equal(0, code)
    assert.equal(revocations.list(2), output)
    assert.equal("gctokens: 2 users; nothing was sent\n", errors)
    assert.same({ 0, uuid(1) .. "\n", "gctokens: 1 user; nothing was sent\n" },
      { bench:run("--dry-run " .. uuid(1)) })
    assert.same({}, (bench:reconcile()))
  end)

  describe("exits", function()
    -- A run whose requests all get this fault.
    local function run_of(fault, count, arguments)
      fault.count = fault.count or 1000
      bench.emulator:fault(fault)
      local list = bench:file("list", revocations.list(count))
      return bench:run(("--rate off --retries 0 --from %s %s"):format(
        list, arguments or ""))
    end

    it("with 0 when the tokens are revoked, also if a user was not found",
      function()
        local code, output, errors = bench:run("--any-id nobody " .. uuid(1))
        assert.equal(0, code)
        assert.truthy(output:find("not_found\tnobody\tno such user\n", 1, true))
        assert.truthy(
          errors:find("1 done, 1 not found (no such user)", 1, true))
      end)

    -- The URL may be that of another server, which knows none of the users.
    it("with 1 when no user was found", function()
      local code, output = bench:run("--quiet --any-id nobody none")
      assert.equal(1, code)
      assert.equal(2, select(2, output:gsub("not_found\t", "")))
    end)

    it("with 1 when the tokens of some users could not be revoked", function()
      local code, output, errors = run_of({ status = 400, count = 2 }, 5)
      assert.equal(1, code)
      assert.equal(2, select(2, output:gsub("failed\t", "")))
      assert.truthy(errors:find("3 done, 2 failed", 1, true), errors)
      bench.emulator:clear_faults()
      assert.equal(1, (run_of({ reset = true, count = 1 }, 5)))
    end)

    it("with 3 when no server answers", function()
      assert.equal(3, (run_of({ status = 503 }, 3)))
      bench.emulator:clear_faults()
      local code, _, errors = bench:run(uuid(1)
        .. " --base-url http://127.0.0.1:1 --retries 0")
      assert.equal(3, code)
      assert.truthy(errors:find("0 done, 1 failed", 1, true), errors)
    end)

    it("with 3 when Genesys asks to wait for too long", function()
      local code, _, errors = run_of({
        status = 429, headers = { ["Retry-After"] = "7200" },
      }, 300, "--concurrency 2")
      assert.equal(3, code)
      assert.truthy(errors:find("%d+ left"), errors)
      assert.truthy(select(2, bench:reconcile()) <= 4)
    end)

    it("with 4, early, when the token is invalid or may not do it", function()
      local function assert_ended(words, code, _, errors)
        assert.equal(4, code, errors)
        assert.truthy(errors:find("0 done, %d failed, 29%d left"), errors)
        assert.truthy(errors:find(words), errors)
        assert.truthy(select(2, bench:reconcile()) <= 4)
        bench:forget()
      end
      local list = bench:file("list", revocations.list(300))
      local arguments = "--concurrency 4 --from " .. list
      assert_ended("permission", bench:run(arguments,
        { env = { GENESYSCLOUD_ACCESS_TOKEN = bench.emulator.tokens.agent } }))
      assert_ended("401", bench:run(arguments,
        { env = { GENESYSCLOUD_ACCESS_TOKEN = "unknown" } }))
      assert_ended("401", bench:run(arguments .. " --quiet",
        { env = { GENESYSCLOUD_ACCESS_TOKEN = "unknown" } }))
    end)

    it("with 4 when there is no token", function()
      local env = { GENESYSCLOUD_ACCESS_TOKEN = false }
      local code, _, errors = bench:run(uuid(1), { env = env })
      assert.equal(4, code)
      assert.truthy(errors:find("GENESYSCLOUD_ACCESS_TOKEN", 1, true))
      env.GENESYSCLOUD_OAUTHCLIENT_ID = bench.emulator.clients.service.id
      env.GENESYSCLOUD_OAUTHCLIENT_SECRET = "wrong"
      code, _, errors = bench:run(uuid(1) .. " " .. uuid(2), { env = env })
      assert.equal(4, code, errors)
      assert.truthy(errors:find("left", 1, true), errors)
    end)
  end)

  it("works with closed and full standard streams", function()
    local list = bench:file("list", revocations.list(3))
    local results = bench:path("results")
    for redirections, wanted in pairs({
      ["<&-"] = 0, [">&-"] = 0, ["2>&-"] = 0, ["<&- >&- 2>&-"] = 0,
      [">/dev/full"] = 3, ["2>/dev/full"] = 0,
    }) do
      os.remove(results)
      local code = bench:run(("--rate off --from %s --results %s %s"):format(
        list, results, redirections))
      assert.equal(wanted, code, redirections)
      -- No output goes to the file of results.
      assert.equal(3, #revocations.records(bench:text("results")))
      local sent, total = bench:reconcile()
      assert.same({ [uuid(1)] = 1, [uuid(2)] = 1, [uuid(3)] = 1 }, sent)
      assert.equal(3, total)
      bench:forget()
    end
  end)

  it("takes as much memory for many users as for few #once #pace", function()
    local COUNT = 60000
    bench.emulator:settings({ record = false })
    local fifo = bench:path("fifo")
    bench:start("--json --rate off --from - <" .. fifo, {
      before = ("mkfifo %s; seq -f %%08.0f-0000-4000-8000-000000000000 %d "
        .. ">%s & "):format(fifo, COUNT, fifo),
    })
    local early, late
    assert.equal(0, bench:wait(function()
      local peak = tonumber(bench:status():match("VmHWM:%s*(%d+)"))
      late = peak or late -- none when it has ended
      if bench:size("out") > COUNT / 10 * #'{"result":"done","user_id":""}' then
        early = early or peak
      end
    end))
    assert.is_true(late - early < 3000, ("%d kB, %d kB"):format(early, late))
    local seen = {}
    for id in bench:text("out"):gmatch('"user_id":"([^"]+)"') do
      assert.is_nil(seen[id])
      seen[id] = true
    end
    for number = 1, COUNT do
      assert.is_true(seen[("%08d-0000-4000-8000-000000000000"):format(number)])
    end
  end)
end)

--- gctokens revoke: files of results, --resume, and Ctrl-C.

local revocations = require("spec.support.revocations")
local system = require("spec.support.system")

local uuid = revocations.uuid


describe("gctokens revoke, its results:", function()
  local bench, results

  before_each(function()
    bench = revocations.bench()
    results = bench:path("results")
  end)

  after_each(function()
    bench:close()
  end)

  -- user id -> the last result in the file of results
  local function recorded()
    local last = {}
    for _, record in ipairs(revocations.records(bench:text("results"))) do
      if record.user_id then -- one has none: another run begins there
        last[record.user_id] = record.result
      end
    end
    return last
  end

  local function count(map)
    local number = 0
    for _ in pairs(map) do
      number = number + 1
    end
    return number
  end

  describe("a file of results", function()
    it("has a line for each user, with the time and the reason", function()
      bench.emulator:fault({
        path = "/api/v2/tokens/" .. uuid(2), status = 400,
      })
      assert.equal(1, (bench:run(
        ("--concurrency 1 --any-id nobody %s %s --results %s"):format(
          uuid(1), uuid(2), results))))
      local records = revocations.records(bench:text("results"))
      assert.equal(3, #records)
      for i, wanted in ipairs({ "not_found", "done", "failed" }) do
        assert.equal(wanted, records[i].result)
        assert.truthy(records[i].time:find("^%d+%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$"))
        assert.equal(wanted == "done", records[i].message == nil)
      end
      assert.equal(400, records[3].status)
      assert.equal("string", type(records[3].correlation_id))
    end)

    it("is appended to", function()
      bench:run(uuid(1) .. " --results " .. results)
      bench:run(uuid(2) .. " --results " .. results)
      assert.same({ [uuid(1)] = "done", [uuid(2)] = "done" }, recorded())
    end)

    it("that cannot be written ends the run before it begins", function()
      for _, name in ipairs({ bench.directory, "/nonexistent/results" }) do
        local code, _, errors = bench:run(uuid(1) .. " --results " .. name)
        assert.equal(3, code)
        assert.truthy(errors:find("could not write " .. name, 1, true), errors)
      end
      assert.same({}, (bench:reconcile()))
    end)

    it("that holds something else is not changed", function()
      local list = bench:file("list", revocations.list(3))
      local code, _, errors = bench:run(("--from %s --results %s/./list")
        :format(list, bench.directory))
      assert.equal(3, code)
      assert.truthy(errors:find("is not a file of results", 1, true), errors)
      assert.equal(revocations.list(3), bench:text("list"))
      assert.same({}, (bench:reconcile()))
    end)

    it("on a full disk ends the run early", function()
      local list = bench:file("list", revocations.list(500))
      local code, output, errors = bench:run(
        "--rate off --concurrency 4 --results /dev/full --from " .. list)
      assert.equal(3, code)
      assert.truthy(errors:find("could not write /dev/full", 1, true), errors)
      local done, left = errors:match("(%d+) done, (%d+) left")
      assert.equal(500, done + left)
      -- The output has what the file of results lacks.
      assert.equal(tonumber(done), select(2, output:gsub("done\t", "")))
      assert.equal(tonumber(done), count(bench:reconcile()))
      assert.is_true(tonumber(done) <= 8)
    end)
  end)

  describe("--resume", function()
    local function resume(text, arguments)
      bench:file("results", text)
      return bench:run(("--rate off --resume %s %s"):format(
        results, arguments or (uuid(1) .. " " .. uuid(2) .. " " .. uuid(3))))
    end

    local function line(number, result)
      return ('{"result":"%s","time":"x","user_id":"%s"}\n'):format(
        result, uuid(number))
    end

    -- Asserts that these users were sent, and that the file holds all three.
    local function assert_sent(numbers, code, _, errors)
      assert.equal(0, code, errors)
      local wanted, last = {}, {}
      for _, number in ipairs(numbers) do
        wanted[uuid(number)] = 1
      end
      assert.same(wanted, (bench:reconcile()))
      for text in bench:text("results"):gmatch("[^\n]+") do
        local id = text:match('^{.*"user_id":"([^"]+)"}$')
        last[id or ""] = text
      end
      for number = 1, 3 do
        assert.truthy(last[uuid(number)])
      end
    end

    it("skips users that are done", function()
      assert_sent({ 2, 3 }, resume(line(1, "done") .. line(2, "not_found")
        .. line(3, "failed")))
    end)

    it("goes by the last line of a user", function()
      assert_sent({ 1, 3 }, resume(line(1, "done") .. line(2, "failed")
        .. line(1, "failed") .. line(2, "done")))
    end)

    -- A nightly job appends to one file. One night it fails.
    it("ignores an earlier run in the same file", function()
      bench:run(("--rate off --results %s %s %s %s"):format(
        results, uuid(1), uuid(2), uuid(3)))
      bench.emulator:fault({ status = 403 })
      assert.equal(4, (bench:run(
        ("--rate off --concurrency 1 --results %s %s %s %s"):format(
          results, uuid(1), uuid(2), uuid(3)))))
      bench:forget()
      assert_sent({ 1, 2, 3 }, bench:run(("--rate off --resume %s %s %s %s")
        :format(results, uuid(1), uuid(2), uuid(3))))
      bench:forget()
      assert_sent({}, bench:run(("--rate off --resume %s %s %s %s"):format(
        results, uuid(1), uuid(2), uuid(3))))
    end)

    it("accepts a file whose only line was cut", function()
      assert_sent({ 1, 2, 3 }, resume(line(1, "done"):sub(1, -20)))
    end)

    it("has nothing to do when all are done, and says so", function()
      local all = line(1, "done") .. line(2, "done") .. line(3, "done")
      assert_sent({}, resume(all))
      local _, _, errors = resume(all)
      assert.truthy(errors:find("nothing is left to do", 1, true), errors)
    end)

    it("sends a user again whose line was cut", function()
      local cut = line(2, "done"):sub(1, -20)
      assert_sent({ 2, 3 }, resume(line(1, "done") .. cut))
    end)

    it("sends users again whose lines are damaged in the middle", function()
      local cut = line(2, "done"):sub(1, 20)
      assert_sent({ 2, 3 }, resume(line(1, "done") .. cut .. line(3, "done")))
    end)

    it("accepts a last line without its line end", function()
      assert_sent({ 3 }, resume(line(1, "done") .. line(2, "done"):sub(1, -2)))
    end)

    it("may write to another file", function()
      bench:file("results", line(1, "done"))
      local other = bench:path("other")
      assert.equal(0, (bench:run(("--resume %s --results %s %s %s"):format(
        results, other, uuid(1), uuid(2)))))
      assert.equal(line(1, "done"), bench:text("results"))
      assert.equal(1, #revocations.records(bench:text("other")))
    end)

    it("refuses a file that does not hold results", function()
      for _, text in ipairs({
        revocations.list(3), "done\t" .. uuid(1) .. "\n", "\0\1\2\3", "[1]\n",
        line(1, "done") .. ("x"):rep(1048577),
      }) do
        local code, _, errors = resume(text)
        assert.equal(2, code)
        assert.truthy(errors:find("is not a file of results", 1, true), errors)
        assert.equal(text, bench:text("results"))
      end
      for name, words in pairs({
        ["/tmp"] = "Is a directory", missing = "No such file",
      }) do
        local code, _, errors = bench:run(uuid(1) .. " --resume " .. name)
        assert.equal(3, code, errors)
        assert.truthy(errors:find(words, 1, true), errors)
      end
      assert.same({}, (bench:reconcile()))
    end)
  end)

  -- Asserts that every user was sent. Returns how many were sent twice.
  local function sent_twice(number)
    local sent, total = bench:reconcile()
    assert.equal(number, count(sent))
    for id, times in pairs(sent) do
      assert.is_true(times <= 2, id)
    end
    return total - number
  end

  it("loses no user when it is killed half way #once", function()
    local list = bench:file("list", revocations.list(5000))
    local arguments = ("--rate off --concurrency 8 --from %s --results %s")
      :format(list, results)
    bench:start(arguments)
    bench:wait_for_requests(2500)
    bench:signal("KILL")
    assert.equal(137, bench:wait())
    local before = count(recorded())
    assert.is_true(before >= 2000 and before < 5000)

    bench:start(arguments .. " --resume " .. results)
    assert.equal(0, bench:wait(function()
      bench:reconcile()
    end))
    local twice = sent_twice(5000)
    assert.is_true(twice <= 8, twice)
    assert.equal(5000, count(recorded()))
    for id, result in pairs(recorded()) do
      assert.equal("done", result, id)
    end
  end)

  describe("Ctrl-C #signal", function()
    it("ends the run and says how to resume it", function()
      local list = bench:file("a list", revocations.list(500))
      bench:start(("--concurrency 4 --rate 3000 --from '%s' --results %s")
        :format(list, results))
      bench:wait_for_requests(30)
      bench:signal("INT")
      assert.equal(130, bench:wait())
      local errors = bench:text("err")
      local done, left, more, command = errors:match("^gctokens: (%d+) done, "
        .. "(%d+) left; %d+ s\ngctokens: interrupted; up to (%d+) more may "
        .. "have been revoked; resume with: gctokens (revoke [^\n]*)\n$")
      assert.equal(500, done + left, errors)
      assert.equal("4", more)
      assert.equal(tonumber(done), count(recorded()))
      assert.equal(tonumber(done),
        select(2, bench:text("out"):gsub("done\t", "")))

      -- The printed command works in a shell.
      assert.equal(0, (bench:run(command:gsub("^revoke", "")
        .. " --rate off")))
      assert.is_true(sent_twice(500) <= 4)
      assert.equal(500, count(recorded()))
    end)

    it("gives advice when there is no file of results", function()
      bench:start(("--rate 60 %s %s"):format(uuid(1), uuid(2)))
      bench:wait_for_requests(1)
      bench:signal("INT")
      assert.equal(130, bench:wait())
      assert.truthy(bench:text("err"):find("run it again with the users that "
        .. "are left; revoking twice does no harm\n", 1, true))
    end)

    it("does not name a pipe to resume from", function()
      local fifo = bench:path("fifo")
      local list = bench:file("list", revocations.list(3))
      bench:start(("--rate 60 --results %s --from %s"):format(results, fifo), {
        before = ("mkfifo %s; cat %s >%s & "):format(fifo, list, fifo),
      })
      bench:wait_for_requests(1)
      bench:signal("INT")
      assert.equal(130, bench:wait())
      local errors = bench:text("err")
      assert.is_nil(errors:find("resume with", 1, true))
      assert.truthy(errors:find("--resume " .. results, 1, true))
    end)

    it("in the pause before a call ends the run at once", function()
      bench:start(("--rate 1 --concurrency 2 %s %s"):format(
        uuid(1), uuid(2)))
      bench:wait_for_requests(1)
      bench:signal("INT")
      assert.equal(130, bench:wait())
    end)

    -- Most interpreters continue a read after the first Ctrl-C. The second one
    -- ends the process.
    it("once or twice, while the ids are read, sends nothing", function()
      local fifo = bench:path("fifo")
      bench:start("--from - <" .. fifo, { before = "mkfifo " .. fifo .. "; " })
      assert(system.wait_until(function()
        return system.run("test -p " .. fifo .. " && echo yes") == "yes\n"
      end))
      local writer = assert(io.open(fifo, "w"))
      writer:write(revocations.list(10000)) -- more than a pipe takes
      writer:flush()
      assert.equal(130, bench:wait(function()
        bench:signal("INT")
      end))
      writer:close()
      assert.same({}, (bench:reconcile()))
    end)

    it("is not taken for an error, whenever it comes #once", function()
      local list = bench:file("list", revocations.list(2000))
      for moment = 1, 12 do
        os.remove(results)
        bench:forget()
        bench:start(("--rate off --json --from %s --results %s"):format(
          list, results))
        bench:wait_for_requests(10 * moment)
        bench:signal("INT")
        assert.equal(130, bench:wait())
        assert.truthy(bench:text("err"):find("interrupted; up to 8", 1, true))
        assert.equal(count(recorded()),
          #revocations.records(bench:text("out")))
      end
    end)
  end)
end)

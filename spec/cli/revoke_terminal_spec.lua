--- gctokens revoke at a terminal: question, progress bar, colours.

local revocations = require("spec.support.revocations")

local uuid = revocations.uuid


describe("gctokens revoke at a terminal", function()
  local bench

  before_each(function()
    bench = revocations.bench()
  end)

  after_each(function()
    bench:leave()
    bench:close()
  end)

  describe("asks before it revokes the tokens of several users", function()
    local function ask()
      bench:enter("--rate off --from "
        .. bench:file("list", revocations.list(3)))
      bench:see("Revoke all access tokens of 3 users at "
        .. bench.emulator.http_url:gsub("%p", "%%%0") .. "%? %[y/N%] ?\n")
    end

    it("and takes y or yes", function()
      for _, answer in ipairs({ "y", "Yes" }) do
        ask()
        bench:press(answer .. " Enter")
        assert.equal(0, bench:wait())
        assert.equal(3, select(2, bench:reconcile()))
        bench:forget()
        bench:leave()
      end
    end)

    it("and sends nothing after anything else", function()
      for _, keys in ipairs({ "Enter", "n Enter", "yikes Enter", "C-d" }) do
        ask()
        bench:press(keys)
        assert.equal(1, bench:wait())
        bench:see("\ngctokens: nothing was sent\n")
        bench:leave()
      end
      assert.same({}, (bench:reconcile()))
    end)

    it("and ends with Ctrl-C #signal", function()
      ask()
      bench:press("C-c")
      assert.equal(130, bench:wait())
      bench:see("%^C\ngctokens: interrupted\n")
      assert.same({}, (bench:reconcile()))
    end)

    it("also when the list comes from standard input", function()
      bench:enter("--rate off --from - <"
        .. bench:file("list", revocations.list(2)))
      bench:see("of 2 users")
      bench:press("y Enter")
      assert.equal(0, bench:wait())
      assert.equal(2, select(2, bench:reconcile()))
    end)

    it("but not with --yes, or for one user", function()
      for _, arguments in ipairs({ "--yes a b", "-y a b", "a" }) do
        bench:enter(arguments .. " --any-id --rate off")
        assert.equal(1, bench:wait()) -- nobody is called a or b
        assert.is_nil(bench:see("done"):find("Revoke", 1, true))
        bench:leave()
      end
    end)

    it("but not in a pipe", function()
      local _, output, errors = bench:run("--any-id --rate off a b")
      assert.equal(2, select(2, output:gsub("not_found\t", "")))
      assert.is_nil(errors:find("Revoke", 1, true))
    end)
  end)

  -- A long run, with one user that fails and one that is not found.
  local function run(arguments, options)
    local list = bench:file("list",
      "nobody\n" .. uuid(900) .. "\n" .. revocations.list(200))
    bench.emulator:fault({
      path = "/api/v2/tokens/" .. uuid(900), status = 400,
    })
    bench:enter(("--yes --any-id --from %s %s"):format(list, arguments),
      options)
  end

  it("shows a progress bar, and a summary at the end", function()
    run("--rate 6000")
    local screen = bench:see("%[#+%.+%] %d+ done, 1 failed, 1 not found, "
      .. "%d+ left: %d+ s at %d+/min\n")
    -- Users that failed or were not found stay above the bar.
    assert.truthy(screen:find("not found  nobody  no such user\n", 1, true))
    assert.truthy(screen:find("failed     " .. uuid(900):gsub("%-", "%%-")
      .. "  answered 400 %(correlation id\n           %x[%x-]+%)\n"), screen)
    assert.is_nil(screen:find("\ndone", 1, true))
    assert.equal(1, bench:wait())
    screen = bench:see("\ngctokens: 200 done, 1 not found %(no such user%), "
      .. "1 failed; %d+ s\n$")
    assert.is_nil(screen:find("%[[#.]"))
  end)

  it("fits terminals of any width", function()
    for columns, bar in pairs({ [200] = 60, [80] = 10, [40] = 10 }) do
      bench.emulator:clear_faults()
      run("--rate 3000", { columns = columns })
      local screen = bench:see("%[[#.]+%] [1-9]%d* done[^\n]*")
      assert.equal(bar, #screen:match("%[([#.]+)%]"))
      -- The bar is on one line only.
      assert.equal(1, select(2, screen:gsub("%] %d+ done", "")))
      bench:press("C-c")
      assert.equal(130, bench:wait())
      bench:leave()
    end
  end)

  it("has colours", function()
    run("--rate 3000")
    bench:see("%[#")
    local screen = bench:screen(true)
    assert.truthy(screen:find("\27%[31mfailed"))
    assert.truthy(screen:find("\27%[33mnot found"))
    assert.truthy(screen:find("%[\27%[32m#"))
  end)

  it("has no colours with NO_COLOR", function()
    run("--rate 3000", { env = { NO_COLOR = "1" } })
    bench:see("%[#")
    assert.is_nil(bench:screen(true):find("\27", 1, true))
  end)

  it("prints the same to a file as without a terminal", function()
    run("--rate 6000 >" .. bench:path("out"))
    bench:see("%[#")
    assert.equal(1, bench:wait())
    local output = bench:text("out")
    assert.equal(200, select(2, output:gsub("done\t[%x-]+\n", "")))
    assert.truthy(output:find("not_found\tnobody\tno such user\n", 1, true))
    assert.is_nil(output:find("[\27\r]"))
  end)

  it("shows no progress bar in a pipe or with --quiet", function()
    local list = bench:file("list", revocations.list(50))
    for _, arguments in ipairs({ "--rate 6000", "--quiet --rate off" }) do
      local _, output, errors = bench:run(arguments .. " --from " .. list)
      assert.is_nil((output .. errors):find("[\27\r#]"))
    end
    bench:enter("--yes --quiet --rate off --from " .. list)
    assert.equal(0, bench:wait())
    bench:press("x")
    assert.equal("x\n", bench:see("x"))
  end)

  it("ends with Ctrl-C, and shows how to resume #signal", function()
    run("--rate 600 --results " .. bench:path("results"))
    bench:see("%[#")
    bench:press("C-c")
    assert.equal(130, bench:wait())
    local screen = bench:see("resume with: gctokens")
    assert.truthy(screen:find("gctokens: %d+ done, [^\n]*%d+ left; %d+ s\n"
      .. "gctokens: interrupted; up to 8 more may have been revoked"), screen)
  end)
end)

--- spec/support/side-by-side: commands that run at the same time.

local system = require("spec.support.system")

local quote = system.quote


describe("commands side by side #once", function()
  local directory

  before_each(function()
    directory = system.make_directory()
  end)

  after_each(function()
    system.remove_directory(directory)
  end)

  local function side_by_side(...)
    local words = { "spec/support/side-by-side" }
    for _, command in ipairs({ ... }) do
      words[#words + 1] = quote(command)
    end
    return table.concat(words, " ")
  end

  it("run at the same time, and print as if one after another", function()
    local first, second = directory .. "/first", directory .. "/second"
    local output, code = system.run(side_by_side(
      ("mkfifo %s; echo one; mv %s %s.made; cat < %s.made"):format(
        first, first, first, first),
      ("echo three; until [ -p %s.made ]; do :; done; echo two > %s.made")
        :format(first, first), "test ! -e " .. second))
    assert.equal("one\ntwo\nthree\n", output)
    assert.equal(0, code)
  end)

  it("fail when one of them does", function()
    assert.equal(1, select(2, system.run(side_by_side("false", "true"))))
    assert.equal(1, select(2, system.run(side_by_side("true", "false"))))
    assert.equal(0, select(2, system.run(side_by_side("true", "true"))))
  end)

  it("all end, and what they have started, when they are ended", function()
    local started = ("sh -c 'echo $$ > %s/%%d; exec sleep 60'; :"):format(
      directory)
    system.run(("{ %s & echo $! > %s/all; } > %s/output 2>&1"):format(
      side_by_side(started:format(1), started:format(2)), directory,
      directory))
    local function pid_of(name)
      return (system.read(directory .. "/" .. name) or ""):match("^(%d+)\n")
    end
    assert.is_true(system.wait_until(function()
      return pid_of(1) and pid_of(2)
    end))
    system.run("kill " .. pid_of("all"))
    for _, name in ipairs({ 1, 2, "all" }) do
      assert.is_true(system.wait_until(function()
        return not system.is_running(pid_of(name))
      end))
    end
  end)
end)

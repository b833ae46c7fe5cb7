--- The progress bar of gctokens revoke: durations and rate.

local core = require("gctokens.core")
local progress = require("gctokens.cli.progress")


describe("the progress bar of gctokens revoke", function()
  it("shows a duration in words", function()
    for seconds, words in pairs({
      [0] = "0 s", [59.4] = "59 s", [59.6] = "1 min 00 s", [75] = "1 min 15 s",
      [3599] = "59 min 59 s", [3600] = "1 h 00 min", [90061] = "25 h 01 min",
    }) do
      assert.equal(words, progress.duration(seconds))
    end
  end)

  it("estimates the rest from the last 15 seconds", function()
    local now, shown = 1000, nil
    local clock = stub(core, "now", function()
      return now
    end)
    local stderr = io.stderr
    io.stderr = { -- luacheck: ignore 122
      write = function(_, text)
        shown = text
      end,
    }
    finally(function()
      clock:revert()
      io.stderr = stderr -- luacheck: ignore 122
    end)
    local bar = progress.new(10000)
    local counts = { done = 0, not_found = 0, failed = 0, remaining = 10000 }
    for second = 1, 60 do
      now = now + 1
      counts.done = counts.done + (second <= 40 and 100 or 10)
      counts.remaining = 10000 - counts.done
      bar:show(counts)
    end
    assert.matches("4200 done, 5800 left: 9 min 40 s at 600/min", shown)
  end)
end)

--- The progress bar of a run, on standard error: how many users are done, how
-- fast, and how long the rest will take.

local core = require("gctokens.core")
local terminal = require("gctokens.cli.terminal")

local progress = {}


local STDERR = 2 -- file descriptor

local PAINT_INTERVAL = 0.1 -- seconds
local MEASURE_INTERVAL = 2 -- seconds between two readings of the width
local RATE_WINDOW = 15 -- seconds over which the rate is measured
local BAR_WIDTH = { least = 10, most = 60 } -- columns
local TEXT_WIDTH = 66 -- columns of the text beside the bar, in a long run

local LINE_START, CLEAR_TO_END = "\r", "\27[K"


local Progress = {}
Progress.__index = Progress


--- Makes the bar of a run. It is not shown yet.
---@param total integer how many users the run has
---@return table
function progress.new(total)
  local now = core.now()
  return setmetatable({
    total = total,
    width = terminal.width(),
    measured_at = now,
    painted_at = 0,
    samples = { { now, 0 } }, -- time, users finished
    is_shown = false,
  }, Progress)
end


-- Users per second, over the window.
local function rate(self, now, finished)
  local samples = self.samples
  if now - samples[#samples][1] >= 1 then
    samples[#samples + 1] = { now, finished }
  end
  while #samples > 1 and now - samples[1][1] > RATE_WINDOW do
    table.remove(samples, 1)
  end
  local seconds = now - samples[1][1]
  return seconds > 0 and (finished - samples[1][2]) / seconds or 0
end


--- A duration in words.
---@param seconds number
---@return string
function progress.duration(seconds)
  seconds = math.floor(seconds + 0.5)
  local minutes, hours = math.floor(seconds / 60), math.floor(seconds / 3600)
  if hours > 0 then
    return ("%d h %02d min"):format(hours, minutes % 60)
  elseif minutes > 0 then
    return ("%d min %02d s"):format(minutes, seconds % 60)
  end
  return ("%d s"):format(seconds)
end


-- The text beside the bar, in parts. The last parts are left out first where
-- there is no room.
local function parts_of(counts, speed)
  local function some(count, what, colour)
    return count > 0 and ", " .. terminal.coloured(
      ("%d %s"):format(count, what), colour, STDERR) or ""
  end
  local parts = {
    ("%d done"):format(counts.done),
    some(counts.failed, "failed", "red"),
    some(counts.not_found, "not found", "yellow"),
    (", %d left"):format(counts.remaining),
  }
  if speed > 0 then
    parts[#parts + 1] =
      (": %s"):format(progress.duration(counts.remaining / speed))
    parts[#parts + 1] = (" at %.0f/min"):format(speed * 60)
  end
  return parts
end


-- Its width depends on the terminal only, so that it does not change during a
-- run.
local function bar_of(self, room, finished)
  local columns = math.max(BAR_WIDTH.least,
    math.min(BAR_WIDTH.most, room - TEXT_WIDTH - #"[] "))
  local full = math.floor(columns * finished / self.total)
  return "[" .. terminal.coloured(("#"):rep(full), "green", STDERR)
    .. ("."):rep(columns - full) .. "] "
end


local function line_of(self, counts, now)
  local room = self.width - 1 -- a character in the last column may scroll
  local finished = self.total - counts.remaining
  local line = bar_of(self, room, finished)
  for _, part in ipairs(parts_of(counts, rate(self, now, finished))) do
    if terminal.columns(line) + terminal.columns(part) > room then
      break
    end
    line = line .. part
  end
  return terminal.columns(line) <= room and line or ""
end


--- Paints the line anew, unless it was painted a moment ago.
---@param counts table done, not_found, failed, remaining
function Progress:show(counts)
  local now = core.now()
  if now - self.painted_at < PAINT_INTERVAL then
    return
  end
  if now - self.measured_at > MEASURE_INTERVAL then
    self.width, self.measured_at = terminal.width(), now
  end
  -- One write over the old line: a line that is cleared first flickers.
  io.stderr:write(LINE_START .. line_of(self, counts, now) .. CLEAR_TO_END)
  self.painted_at, self.is_shown = now, true
end


--- Clears the line, so that something else can be written.
function Progress:clear()
  if self.is_shown then
    io.stderr:write(LINE_START .. CLEAR_TO_END)
    self.is_shown, self.painted_at = false, 0
  end
end


return progress

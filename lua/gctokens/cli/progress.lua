--- The live line of a long run, on standard error: how much is done, how fast,
-- how long it will take.

local core = require("gctokens.core")
local terminal = require("gctokens.cli.terminal")

local Progress = {}
Progress.__index = Progress


local BETWEEN = 0.1 -- seconds between two paintings
local REMEASURE = 2 -- seconds between two looks at the terminal's width
local WINDOW = 15 -- seconds that the rate is of
local BAR = { least = 10, most = 60 } -- columns
local WORDS = 66 -- columns that a run of thousands needs

local START, CLEAR_REST = "\r", "\27[K" -- of the line


local progress = {}


---@param total integer how many users there are
---@return table
function progress.new(total)
  local now = core.now()
  return setmetatable({
    total = total,
    brush = terminal.brush(2),
    width = terminal.width(),
    measured = now,
    painted = 0,
    samples = { { now, 0 } },
    shown = false,
  }, Progress)
end


-- Calls a second, over the window.
local function rate(self, now, finished)
  local samples = self.samples
  if now - samples[#samples][1] >= 1 then
    samples[#samples + 1] = { now, finished }
  end
  while #samples > 1 and now - samples[1][1] > WINDOW do
    table.remove(samples, 1)
  end
  local seconds = now - samples[1][1]
  return seconds > 0 and (finished - samples[1][2]) / seconds or 0
end


--- A duration as people say it.
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


-- What stands right of the bar, as the summary will say it; what can be spared
-- is last.
local function words_of(self, counts, finished, now)
  local speed = rate(self, now, finished)
  local left = self.total - finished
  local function some(count, what, colour)
    return count > 0
      and ", " .. self.brush(colour, ("%d %s"):format(count, what)) or ""
  end
  return {
    ("%d done"):format(counts.done),
    some(counts.failed, "failed", "red"),
    some(counts.not_found, "not found", "yellow"),
    (", %d left"):format(left),
    speed > 0 and (": %s"):format(progress.duration(left / speed)) or "",
    speed > 0 and (" at %.0f/min"):format(speed * 60) or "",
  }
end


local function visible(text)
  return #text:gsub("\27%[%d*m", "")
end


-- The bar's length depends on the terminal only: it would jump to and fro.
local function line_of(self, counts, finished, now)
  local room = self.width - 1 -- the last column would scroll
  local columns = math.max(BAR.least, math.min(BAR.most, room - WORDS - 3))
  local full = math.min(columns, math.floor(
    columns * finished / math.max(1, self.total)))
  local text = "[" .. self.brush("green", ("#"):rep(full))
    .. ("."):rep(columns - full) .. "] "
  for _, words in ipairs(words_of(self, counts, finished, now)) do
    if visible(text) + visible(words) > room then
      break
    end
    text = text .. words
  end
  return visible(text) <= room and text or ""
end


--- Paints the line anew, but not too often.
---@param counts table done, not_found, failed, duplicates
function Progress:show(counts)
  local now = core.now()
  if now - self.painted < BETWEEN then
    return
  end
  if now - self.measured > REMEASURE then
    self.width, self.measured = terminal.width(), now
  end
  local finished = counts.done + counts.not_found + counts.failed
  -- At once, and over what is there: a line that is cleared first flickers.
  io.stderr:write(START .. line_of(self, counts, finished, now) .. CLEAR_REST)
  self.painted, self.shown = now, true
end


--- Takes the line away, so that something else can be written.
function Progress:clear()
  if self.shown then
    io.stderr:write(START .. CLEAR_REST)
    self.shown, self.painted = false, 0
  end
end


return progress

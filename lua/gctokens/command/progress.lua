--- The live line of a long run, on standard error: how much is done, how fast,
-- how long it will take.

local core = require("gctokens.core")
local terminal = require("gctokens.command.terminal")

local Progress = {}
Progress.__index = Progress


local BETWEEN = 0.1 -- seconds between two paintings
local REMEASURE = 2 -- seconds between two looks at the terminal's width
local WINDOW = 15 -- seconds that the rate is of
local BAR = { least = 10, most = 60 } -- columns

local CLEAR = "\r\27[K"


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


-- What stands right of the bar, most important first: what does not fit is left
-- out.
local function words_of(self, counts, finished, now)
  local speed = rate(self, now, finished)
  local left = self.total - finished
  local words = {
    (" %d of %d"):format(finished, self.total),
    counts.failed > 0 and self.brush("red", (", %d failed"):format(
      counts.failed)) or "",
    speed > 0 and (", %s left"):format(progress.duration(left / speed)) or "",
    (", %.0f a minute"):format(speed * 60),
    counts.missing > 0 and (", %d missing"):format(counts.missing) or "",
    (", %d done"):format(counts.done),
  }
  return words
end


local function visible(text)
  return #text:gsub("\27%[%d*m", "")
end


local function line_of(self, counts, finished, now)
  local room = self.width - 1 -- the last column would scroll
  local text = ""
  for _, word in ipairs(words_of(self, counts, finished, now)) do
    if visible(text) + visible(word) + BAR.least + 2 <= room then
      text = text .. word
    end
  end
  local columns = math.min(BAR.most, room - visible(text) - 2)
  if columns < BAR.least then
    return text:sub(1, room)
  end
  local full = math.floor(
    columns * math.min(1, finished / math.max(1, self.total)))
  return "[" .. self.brush("green", ("#"):rep(full))
    .. ("."):rep(columns - full) .. "]" .. text
end


--- Paints the line anew, but not too often.
---@param counts table done, missing, failed, duplicates
function Progress:show(counts)
  local now = core.now()
  if now - self.painted < BETWEEN then
    return
  end
  if now - self.measured > REMEASURE then
    self.width, self.measured = terminal.width(), now
  end
  local finished = counts.done + counts.missing + counts.failed
  io.stderr:write(CLEAR, line_of(self, counts, finished, now))
  io.stderr:flush()
  self.painted, self.shown = now, true
end


--- Takes the line away, so that something else can be written.
function Progress:clear()
  if self.shown then
    io.stderr:write(CLEAR)
    self.shown, self.painted = false, 0
  end
end


return progress

--- A run of `gctokens revoke`: sends the calls, and counts, records and prints
-- the result of each user.

local core = require("gctokens.core")
local errors = require("gctokens.errors")
local exit = require("gctokens.cli.exit")
local files = require("gctokens.cli.files")
local json = require("gctokens.cli.json")
local progress = require("gctokens.cli.progress")
local result_line = require("gctokens.cli.result_line")
local results = require("gctokens.cli.results")
local terminal = require("gctokens.cli.terminal")

local revocation = {}


---@class gctokens.cli.Revocation
---@field options table of gctokens.cli.parser
---@field users gctokens.cli.Users
---@field counts table done, not_found, failed, remaining
---@field results_name string? name of the file of results
---@field file table? the file of results
---@field width integer? columns of standard output; nil: it is no terminal
---@field bar table? of gctokens.cli.progress
---@field shares_terminal boolean whether results and bar go to one terminal
---@field was_refused boolean? whether a call failed that would fail again
---@field stopped_by string? why the file of results could not be written
---@field unprinted string? why a result could not be printed
---@field totals gctokens.RevocationTotals? of the library; nil after Ctrl-C
---@field elapsed number seconds
local Revocation = {}
Revocation.__index = Revocation


--- Prepares a run. Ends the command if the file of results cannot be opened.
---@param options table of gctokens.cli.parser
---@param users gctokens.cli.Users
---@return gctokens.cli.Revocation
function revocation.new(options, users)
  local self = setmetatable({
    options = options,
    users = users,
    counts = { done = 0, not_found = 0, failed = 0, remaining = users.total },
    results_name = options.results or options.resume,
    width = terminal.is_terminal(1) and terminal.width() or nil,
    elapsed = 0,
  }, Revocation)
  local name = self.results_name
  if name then
    local message
    self.file, message = results.open(name, name == options.resume)
    if not self.file then
      exit.raise(exit.TROUBLE, message)
    end
  end
  if users.total > 1 and not options.quiet and not options.verbose
     and terminal.is_terminal(2) then
    self.bar = progress.new(users.total)
  end
  self.shares_terminal = self.bar ~= nil and self.width ~= nil
  return self
end


-- With --quiet, and beside the bar, only users that are not done are printed.
local function is_printed(self, record)
  return record.result ~= "done"
    or not self.options.quiet and not self.shares_terminal
end


local function text_of(self, record)
  if self.options.json then
    return json.encode(record)
  elseif is_printed(self, record) then
    return result_line.text(record, self.width)
  end
end


-- An output that cannot be written does not end the run: the tokens must still
-- be revoked.
local function print_result(self, record)
  local text = text_of(self, record)
  if not text then
    return
  end
  if self.shares_terminal then
    self.bar:clear()
  end
  local printed, message = files.write_line(io.stdout, "the output", text)
  self.unprinted = self.unprinted or not printed and message or nil
end


-- The file of results comes first: it must not miss a user.
local function take_result(self, user_id, deleted, err)
  local counts = self.counts
  local record = results.record(user_id, deleted, err)
  counts[record.result] = counts[record.result] + 1
  counts.remaining = counts.remaining - 1
  if record.result == "failed" and exit.code_of(err) ~= exit.TROUBLE then
    self.was_refused = true
  end
  if self.file then
    local written, message = self.file:write(record)
    self.stopped_by = self.stopped_by or not written and message or nil
  end
  print_result(self, record)
end


local function delete_tokens(self, client)
  local options = self.options
  return client:delete_tokens_of(self.users:each(), {
    concurrency = options.concurrency,
    rate_per_minute = options.rate ~= 0 and options.rate,
    deadline = options.deadline,
    on_result = function(user_id, deleted, err)
      take_result(self, user_id, deleted, err)
    end,
    should_stop = function()
      if self.bar then
        self.bar:show(self.counts)
      end
      return self.stopped_by ~= nil
    end,
  })
end


--- Sends the calls. Returns after the last of them, or after Ctrl-C.
---@param client gctokens.Client
function Revocation:send(client)
  local started = core.now()
  local ok, totals = pcall(delete_tokens, self, client)
  if not ok and not errors.is_interrupt(totals) then
    error(totals, 0) -- coverage: only a mistake of our own does that
  end
  self.totals = ok and totals or nil
  self.elapsed = core.now() - started
  if self.bar then
    self.bar:clear()
  end
end


return revocation

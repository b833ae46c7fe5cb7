--- The summary of a revocation, in words.

local progress = require("gctokens.cli.progress")

local summary = {}


local function counted(number, noun)
  return ("%d %s%s"):format(number, noun, number == 1 and "" or "s")
end


-- What the input holds and the run does not send.
local function add_skipped(words, skipped)
  if skipped.duplicates > 0 then
    words[#words + 1] = skipped.duplicates .. " given twice"
  end
  if skipped.empty > 0 then
    words[#words + 1] = counted(skipped.empty, "empty line")
  end
  if skipped.done_before > 0 then
    words[#words + 1] = skipped.done_before .. " done before"
  end
end


--- Whether a run left out something of its input.
---@param users gctokens.cli.Users
---@return boolean
function summary.has_skipped(users)
  local words = {}
  add_skipped(words, users.skipped)
  return #words > 0
end


--- The users of a list that is not sent.
---@param users gctokens.cli.Users
---@return string
function summary.of_list(users)
  local words = { counted(users.total, "user") }
  add_skipped(words, users.skipped)
  return table.concat(words, ", ") .. "; nothing was sent"
end


local function totals_of(run)
  local counts = run.counts
  local words = { ("%d done"):format(counts.done) }
  local function add(number, text)
    if number > 0 then
      words[#words + 1] = ("%d %s"):format(number, text)
    end
  end
  add(counts.not_found, "not found (no such user)")
  add(counts.failed, "failed")
  add(counts.remaining, "left")
  add_skipped(words, run.users.skipped)
  return table.concat(words, ", ")
end


--- What a run has done, and how long it took.
---@param run gctokens.cli.Revocation
---@return string
function summary.of_run(run)
  local options, users = run.options, run.users
  local text = ("%s; %s"):format(totals_of(run),
    progress.duration(run.elapsed))
  if users.total > 0 then
    return text
  elseif users.skipped.done_before > 0 then
    return ("nothing is left to do: every user is done in %s; %s"):format(
      options.resume, text)
  end
  return ("there is no user id in %s; %s"):format(options.from, text)
end


return summary

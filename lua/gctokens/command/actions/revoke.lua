--- gctokens revoke: kills all access tokens of users.

local core = require("gctokens.core")
local failure = require("gctokens.command.failure")
local ids = require("gctokens.command.ids")
local json = require("gctokens.command.json")
local progress = require("gctokens.command.progress")
local report = require("gctokens.command.report")
local results = require("gctokens.command.results")
local session = require("gctokens.command.session")
local terminal = require("gctokens.command.terminal")


local COLOURS = { failed = "red", missing = "yellow" }


-- ---- which users -----------------------------------------------------------

local function conflict(options)
  local given = #options.id > 0
  if given == (options.from ~= nil) then
    return given and "user ids and --from exclude each other"
      or "whose tokens? Give user ids, or --from"
  elseif options.column and not options.from then
    return "--column has no use without --from"
  elseif options.from == "-" and options.token_file == "-" then
    return "--from and --token-file cannot both read standard input"
  end
end


local function check(list)
  for _, id in ipairs(list) do
    local reason = ids.refusal(id)
    if reason then
      failure.usage(reason)
    end
  end
end


-- The ids that are to be sent: how many there are (those that come twice
-- among them), and a list or an iterator.
local function users_of(options)
  local settled, message = {}, nil
  if options.resume then
    settled, message = results.settled(options.resume)
  end
  if not settled then
    failure.usage(message)
  end
  local function wanted(id)
    return not settled[id]
  end
  if options.from then
    local source
    source, message = ids.open(options.from, options.column, wanted)
    if not source then
      failure.usage(message)
    end
    return source.count, ids.each(source, wanted)
  end
  check(options.id)
  local list = {}
  for _, id in ipairs(options.id) do
    list[#list + 1] = wanted(id) and id or nil
  end
  return #list, list
end


-- Asked at the terminal itself: standard input may be the list.
local function confirm(count)
  io.stderr:write(("Revoke all access tokens of %d users? [y/N] "):format(
    count))
  local keyboard = io.open("/dev/tty", "r")
  local answer = keyboard and keyboard:read("*l")
  if keyboard then
    keyboard:close()
  end
  if not (answer or ""):find("^%s*[yY]") then
    failure.raise(failure.REFUSED, "nothing was sent")
  end
end


-- ---- a run -----------------------------------------------------------------

-- A run is a table: options, total, counts, file (of results), bar, stopped_by
-- (why it does not go on).

local function print_result(run, record)
  if run.bar then
    run.bar:clear()
  end
  if run.options.json then
    print(json.encode(record))
  elseif not run.options.quiet
         and (record.result ~= "done" or not run.bar) then
    local brush = run.brush
    print(("%s\t%s%s"):format(brush(COLOURS[record.result], record.result),
      record.user_id, record.message
        and "\t" .. terminal.plain(record.message) or ""))
  end
end


-- First the file, which must not miss one.
local function take_result(run, user_id, deleted, err)
  local record = results.record(user_id, deleted, err)
  run.counts[record.result] = run.counts[record.result] + 1
  if record.result == "failed"
     and failure.code_of(err) ~= failure.TROUBLE then
    run.was_refused = true
  end
  if run.file then
    run.file:write(record)
  end
  print_result(run, record)
end


local function new_run(options, total)
  local run = {
    options = options,
    total = total,
    counts = { done = 0, missing = 0, failed = 0 },
    brush = terminal.brush(1),
  }
  local name = options.results or options.resume
  if name then
    local message
    run.file, message = results.open(name)
    if not run.file then
      failure.usage(message)
    end
  end
  if total > 1 and not options.quiet and terminal.is_terminal(2) then
    run.bar = progress.new(total)
  end
  return run
end


local function quoted(word)
  return word:find("^[%w%-_./:=,+@]+$") and word
    or "'" .. word:gsub("'", [['\'']]) .. "'"
end


-- The same command again, but for what is done.
local function resumption(run, arguments)
  local name = run.options.results or run.options.resume
  if not name or run.options.from == "-" then
    return "run it again with the users that are left; revoking twice does no "
      .. "harm" .. (name and ", and --resume " .. quoted(name)
        .. " skips those that are done" or "")
  end
  local words = { "resume with: gctokens" }
  for _, argument in ipairs(arguments) do
    words[#words + 1] = quoted(argument)
  end
  if not run.options.resume then
    words[#words + 1] = "--resume " .. quoted(name)
  end
  return table.concat(words, " ")
end


local function summary(run, elapsed)
  local counts = run.counts
  local words = { ("%d done"):format(counts.done) }
  local function add(count, text)
    if count and count > 0 then
      words[#words + 1] = ("%d %s"):format(count, text)
    end
  end
  add(counts.missing, "missing (no such user)")
  add(counts.failed, "failed")
  add(run.duplicates, "given twice")
  add(run.total - counts.done - counts.missing - counts.failed
    - (run.duplicates or 0), "left")
  return ("%s; %s"):format(table.concat(words, ", "),
    progress.duration(elapsed))
end


local function call(run, client, users)
  local options = run.options
  return client:delete_tokens_of(users, {
    concurrency = options.concurrency,
    rate_per_minute = options.rate ~= 0 and options.rate,
    on_result = function(user_id, deleted, err)
      local fine, message = pcall(take_result, run, user_id, deleted, err)
      if not fine then
        run.stopped_by = run.stopped_by or message
        error(message, 0)
      end
    end,
    should_stop = function()
      if run.bar then
        run.bar:show(run.counts)
      end
      return run.stopped_by ~= nil
    end,
  })
end


local function code_of(run)
  local counts = run.counts
  if counts.failed == 0 then
    return 0
  elseif counts.done + counts.missing == 0 and not run.was_refused then
    return failure.TROUBLE
  end
  return failure.REFUSED
end


-- What the run ends with, when it is not by itself.
local function end_early(run, arguments, code, message)
  failure.raise(code, message .. "; " .. resumption(run, arguments))
end


local function conclude(run, arguments, totals, elapsed)
  run.duplicates = totals and totals.duplicates
  if run.bar then
    run.bar:clear()
  end
  if not run.options.quiet then
    report.remark(summary(run, elapsed))
  end
  if not totals then
    end_early(run, arguments, failure.INTERRUPTED, ("interrupted; up to %d "
      .. "more may have been revoked"):format(run.options.concurrency or 8))
  elseif totals.stopped then
    end_early(run, arguments, failure.code_of(totals.stopped),
      tostring(totals.stopped))
  elseif run.stopped_by then
    end_early(run, arguments, failure.TROUBLE, tostring(run.stopped_by))
  end
  return code_of(run)
end


local function print_dry(users)
  if type(users) == "table" then
    for _, id in ipairs(users) do
      print(id)
    end
    return
  end
  for id in users do
    print(id)
  end
end


---@param options table of gctokens.command.parser
---@param arguments string[] as they were given
---@return integer? exit_code
return function(options, arguments)
  local message = conflict(options)
  if message then
    failure.usage(message)
  end
  local total, users = users_of(options)
  if options.dry_run then
    print_dry(users)
    return report.remark(("%d users; nothing was sent"):format(total))
  end
  local client = session.open(options)
  if total > 1 and not options.yes and terminal.is_terminal(2) then
    confirm(total)
  end
  local run = new_run(options, total)
  local started = core.now()
  local fine, totals = pcall(call, run, client, users)
  if not fine and not tostring(totals):find("interrupted!$") then
    error(totals, 0)
  end
  return conclude(run, arguments, fine and totals or nil, core.now() - started)
end

--- gctokens revoke: revokes all access tokens of users.

local core = require("gctokens.core")
local errors = require("gctokens.errors")
local exit = require("gctokens.cli.exit")
local files = require("gctokens.cli.files")
local ids = require("gctokens.cli.ids")
local json = require("gctokens.cli.json")
local result_line = require("gctokens.cli.result_line")
local progress = require("gctokens.cli.progress")
local report = require("gctokens.cli.report")
local results = require("gctokens.cli.results")
local terminal = require("gctokens.cli.terminal")
local open_client = require("gctokens.cli.client").open


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
  for _, name in ipairs({ "results", "resume" }) do
    if options[name] == "-" then
      return ("--%s needs a file; --json prints results"):format(name)
    elseif options[name] and options[name] == options.from then
      return ("--from and --%s cannot be the same file"):format(name)
    end
  end
end


-- Of gctokens.cli.ids.
local function users_of(options)
  local settled, users, message = {}, nil, nil
  if options.resume then
    settled, message = results.settled(options.resume)
  end
  if settled then
    local how = {
      column = options.column, any_id = options.any_id, settled = settled,
    }
    if options.from then
      users, message = ids.of_file(options.from, how)
    else
      users, message = ids.of_arguments(options.id, how)
    end
  end
  if not users then
    exit.usage(message)
  end
  return users
end


-- A line of the terminal itself: standard input may be the list. The shell
-- reads it, as Ctrl-C ends the shell: up to Lua 5.3 it does not end a read.
local ASK = [[IFS= read -r answer < /dev/tty && printf '%s\n' "$answer"]]


local function confirm(count, client)
  io.stderr:write(("Revoke all access tokens of %d users at %s? [y/N] "):format(
    count, client.base_url))
  local ok, answer = pcall(function()
    local keyboard = assert(io.popen(ASK))
    local line = keyboard:read("*l")
    keyboard:close()
    return line
  end)
  if not (ok and answer) then
    io.stderr:write("\n") -- which nobody has typed
  end
  if not ok then
    error(answer, 0) -- Ctrl-C
  end
  answer = (answer or ""):lower():match("^%s*(%a*)%s*$")
  if answer ~= "y" and answer ~= "yes" then
    exit.raise(exit.REFUSED, "nothing was sent")
  end
end


-- ---- a run -----------------------------------------------------------------

-- A run is a table: options, users (of gctokens.cli.ids), counts, file (of
-- results), width (of the terminal that the output is, none of a pipe), bar,
-- stopped_by (why it does not go on), unprinted (why not all was printed).

-- A terminal with a bar, and --quiet, show what is not as it should be; a pipe
-- gets all.
local function is_printed(run, result)
  return result ~= "done"
    or not run.options.quiet and not (run.bar and run.width)
end


local function text_of(run, record)
  if run.options.json then
    return json.encode(record)
  elseif is_printed(run, record.result) then
    return result_line.text(record, run.width)
  end
end


-- An output that cannot be written does not end the run: the tokens must still
-- be revoked.
local function print_result(run, record)
  local text = text_of(run, record)
  if not text then
    return
  end
  if run.bar and run.width then
    run.bar:clear()
  end
  local printed, message = files.write_line(io.stdout, "the output", text)
  run.unprinted = run.unprinted or not printed and message or nil
end


-- First the file, which must not miss one.
local function take_result(run, user_id, deleted, err)
  local record = results.record(user_id, deleted, err)
  run.counts[record.result] = run.counts[record.result] + 1
  if record.result == "failed"
     and exit.code_of(err) ~= exit.TROUBLE then
    run.was_refused = true
  end
  if run.file then
    local written, message = run.file:write(record)
    run.stopped_by = run.stopped_by or not written and message or nil
  end
  print_result(run, record)
end


local function new_run(options, users)
  local run = {
    options = options,
    users = users,
    counts = { done = 0, not_found = 0, failed = 0 },
    width = terminal.is_terminal(1) and terminal.width() or nil,
  }
  local name = options.results or options.resume
  if name then
    local message
    run.file, message = results.open(name, name == options.resume)
    if not run.file then
      exit.raise(exit.TROUBLE, message)
    end
  end
  if users.total > 1 and not options.quiet and not options.verbose
     and terminal.is_terminal(2) then
    run.bar = progress.new(users.total)
  end
  return run
end


-- For a shell.
local function quoted(word)
  return word:find("^[%w%-_./:=,+@]+$") and word
    or "'" .. word:gsub("'", [['\'']]) .. "'"
end


-- A proxy's URL may hold a password, and a password any character.
local function without_login(url)
  local scheme, rest = url:match("^(%a[%w+.-]*://)(.*)$")
  return (scheme or "") .. (rest or url):gsub("^.*@", "...@")
end


-- The arguments as they were given, but for what nobody shall see.
local function shown(arguments)
  local words = {}
  for i, argument in ipairs(arguments) do
    if arguments[i - 1] == "--proxy" then
      argument = without_login(argument)
    elseif argument:find("^%-%-proxy=") then
      argument = "--proxy=" .. without_login(argument:sub(#"--proxy=" + 1))
    end
    words[i] = quoted(argument)
  end
  return table.concat(words, " ")
end


-- The same command again, but for what is done.
local function resumption(run, arguments)
  local name = run.options.results or run.options.resume
  if not name or run.users.is_pipe then
    return "run it again with the users that are left; revoking twice does no "
      .. "harm" .. (name and ", and --resume " .. quoted(name)
        .. " skips those that are done" or "")
  end
  local words = { "resume with: gctokens", shown(arguments) }
  if not run.options.resume then
    words[#words + 1] = "--resume " .. quoted(name)
  end
  return table.concat(words, " ")
end


local function count(number, noun)
  return ("%d %s%s"):format(number, noun, number == 1 and "" or "s")
end


-- What the input has that is not sent, as a list of words.
local function skipped(users)
  local words = {}
  local why = users.skipped
  if why.duplicates > 0 then
    words[#words + 1] = why.duplicates .. " given twice"
  end
  if why.empty > 0 then
    words[#words + 1] = count(why.empty, "empty line")
  end
  if why.settled > 0 then
    words[#words + 1] = why.settled .. " done before"
  end
  return words
end


local function summary(run, elapsed)
  local options, counts, users = run.options, run.counts, run.users
  local words = { ("%d done"):format(counts.done) }
  local function add(number, text)
    if number > 0 then
      words[#words + 1] = ("%d %s"):format(number, text)
    end
  end
  add(counts.not_found, "not found (no such user)")
  add(counts.failed, "failed")
  add(users.total - counts.done - counts.not_found - counts.failed, "left")
  for _, text in ipairs(skipped(users)) do
    words[#words + 1] = text
  end
  local text = ("%s; %s"):format(table.concat(words, ", "),
    progress.duration(elapsed))
  if users.total > 0 then
    return text
  elseif users.skipped.settled > 0 then
    return ("nothing is left to do: %s says of every user that it is done; %s")
      :format(options.resume, text)
  end
  return ("there is no user id in %s; %s"):format(options.from, text)
end


local function call(run, client)
  local options = run.options
  return client:delete_tokens_of(run.users:each(), {
    concurrency = options.concurrency,
    rate_per_minute = options.rate ~= 0 and options.rate,
    deadline = options.deadline,
    on_result = function(user_id, deleted, err)
      take_result(run, user_id, deleted, err)
    end,
    should_stop = function()
      if run.bar then
        run.bar:show(run.counts)
      end
      return run.stopped_by ~= nil
    end,
  })
end


-- That none of the users is known says more of the server than of the users.
local function code_of(run)
  local counts = run.counts
  local is_nobody = counts.not_found > 0 and counts.done == 0
  if counts.failed == 0 and (run.options.resume or not is_nobody) then
    return 0
  elseif counts.done + counts.not_found == 0 and not run.was_refused then
    return exit.TROUBLE
  end
  return exit.REFUSED
end


-- The exit code, and, when the run did not come to its end, why.
local function ending_of(run, totals)
  if not totals then
    return exit.INTERRUPTED, ("interrupted; up to %d more may have been "
      .. "revoked"):format(run.options.concurrency or 8)
  elseif totals.stopped then
    return exit.code_of(totals.stopped), tostring(totals.stopped)
  end
  local message = run.stopped_by or totals.on_result_error
  if message then
    return exit.TROUBLE, tostring(message)
  end
  return code_of(run)
end


local function conclude(run, arguments, totals, elapsed)
  if run.bar then
    run.bar:clear()
  end
  local code, message = ending_of(run, totals)
  local is_short = run.users.total == 0 or #skipped(run.users) > 0
  if code ~= 0 or is_short or not run.options.quiet then
    report.remark(summary(run, elapsed))
  end
  if message then
    exit.raise(code, message .. "; " .. resumption(run, arguments))
  elseif run.unprinted then
    exit.raise(exit.TROUBLE, run.unprinted)
  end
  return code
end


local function print_dry(users)
  for id in users:each() do
    report.line(id)
  end
  local words = skipped(users)
  table.insert(words, 1, count(users.total, "user"))
  report.remark(table.concat(words, ", ") .. "; nothing was sent")
end


---@param options table of gctokens.cli.parser
---@param arguments string[] as they were given
---@return integer? exit_code
return function(options, arguments)
  local message = conflict(options)
  if message then
    exit.usage(message)
  end
  local users = users_of(options)
  if options.dry_run then
    return print_dry(users)
  end
  local client = open_client(options)
  if users.total > 1 and not options.yes and terminal.is_terminal(2) then
    confirm(users.total, client)
  end
  local run = new_run(options, users)
  local started = core.now()
  local ok, totals = pcall(call, run, client)
  if not ok and not errors.is_interrupt(totals) then
    error(totals, 0)
  end
  return conclude(run, arguments, ok and totals or nil, core.now() - started)
end

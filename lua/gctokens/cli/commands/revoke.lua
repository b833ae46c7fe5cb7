--- gctokens revoke: revokes all access tokens of users.

local open_client = require("gctokens.cli.client").open
local confirmation = require("gctokens.cli.confirmation")
local exit = require("gctokens.cli.exit")
local files = require("gctokens.cli.files")
local ids = require("gctokens.cli.ids")
local operations = require("gctokens.options.operations")
local library_options = require("gctokens.options")
local report = require("gctokens.cli.report")
local results = require("gctokens.cli.results")
local resumption = require("gctokens.cli.resumption")
local revocation = require("gctokens.cli.revocation")
local summary = require("gctokens.cli.summary")
local terminal = require("gctokens.cli.terminal")


local DEFAULTS = library_options.defaults_of(operations.delete_tokens_of)


-- What is wrong with the options, or nil.
local function conflict(options)
  local has_ids = #options.id > 0
  if has_ids == (options.from ~= nil) then
    return has_ids and "user ids and --from cannot be used together"
      or "no users: give user ids or --from"
  elseif options.column and not options.from then
    return "--column needs --from"
  end
  for _, name in ipairs({ "results", "resume" }) do
    if options[name] == "-" then
      return ("--%s needs a file; --json prints results"):format(name)
    elseif options[name] and options[name] == options.from then
      return ("--from and --%s cannot be the same file"):format(name)
    end
  end
  return files.conflict(options)
end


local function users_of(options)
  local done, users, message = {}, nil, nil
  if options.resume then
    done, message = results.users_done(options.resume)
  end
  if done then
    local how = {
      column = options.column, any_id = options.any_id, done = done,
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


local function print_list(users)
  for id in users:each() do
    report.line(id)
  end
  report.remark(summary.of_list(users))
end


local function confirm(users, client)
  local question = ("Revoke all access tokens of %d users at %s?"):format(
    users.total, client.base_url)
  if not confirmation.ask(question) then
    exit.raise(exit.REFUSED, "nothing was sent")
  end
end


-- The exit code of a run that came to its end. If no user was found, the list
-- or the URL is probably wrong. A run that resumes may have such users only.
local function code_of(run)
  local counts = run.counts
  local is_nobody_known = counts.not_found > 0 and counts.done == 0
  if counts.failed == 0 and (run.options.resume or not is_nobody_known) then
    return 0
  elseif counts.done + counts.not_found == 0 and not run.was_refused then
    return exit.TROUBLE
  end
  return exit.REFUSED
end


-- The exit code, and the reason if the run ended early.
local function ending_of(run)
  local totals = run.totals
  if not totals then
    -- coverage: Ctrl-C replaces the hook that notes lines
    return exit.INTERRUPTED, ("interrupted; up to %d more may have been "
      .. "revoked"):format(run.options.concurrency or DEFAULTS.concurrency)
  elseif totals.stopped then
    return exit.code_of(totals.stopped), tostring(totals.stopped)
  end
  local message = run.stopped_by or totals.on_result_error
  if message then
    return exit.TROUBLE, tostring(message)
  end
  return code_of(run)
end


-- Prints the summary. With --quiet it is printed only if it says something that
-- the exit code does not.
local function conclude(run, arguments)
  local code, message = ending_of(run)
  local is_short = run.users.total == 0 or summary.has_skipped(run.users)
  if code ~= 0 or is_short or not run.options.quiet then
    report.remark(summary.of_run(run))
  end
  if message then
    exit.raise(code, message .. "; " .. resumption.advice(run, arguments))
  elseif run.unprinted then
    exit.raise(exit.TROUBLE, run.unprinted)
  end
  return code
end


---@param options table of gctokens.cli.parser
---@param arguments string[] those of the command line
---@return integer? exit_code
return function(options, arguments)
  local message = conflict(options)
  if message then
    exit.usage(message)
  end
  local users = users_of(options)
  if options.dry_run then
    return print_list(users)
  end
  local client = open_client(options)
  if users.total > 1 and not options.yes and terminal.is_terminal(2) then
    confirm(users, client)
  end
  local run = revocation.new(options, users)
  run:send(client)
  return conclude(run, arguments)
end

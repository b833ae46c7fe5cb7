--- gctokens timeout set: changes the organisation's idle-token timeout.

local core = require("gctokens.core")
local open_client = require("gctokens.cli.client").open
local exit = require("gctokens.cli.exit")
local files = require("gctokens.cli.files")
local json = require("gctokens.cli.json")
local report = require("gctokens.cli.report")
local timeout_fields = require("gctokens.cli.timeout_fields")


local LONGEST_FILE = 512000 -- bytes; Genesys accepts no longer request


-- What is wrong with the options, or nil.
local function conflict(options)
  local is_switched = options.enable or options.disable
  if options.enable and options.disable then
    return "--enable and --disable cannot be used together"
  elseif options.disable and options.seconds then
    return "--seconds cannot be used with --disable"
  elseif options.from and (is_switched or options.seconds) then
    return "--from cannot be used with --seconds, --enable or --disable"
  elseif not (options.from or is_switched or options.seconds) then
    return "nothing to set: give --seconds, --enable, --disable or --from"
  end
  return files.conflict(options)
end


local function fields_of(name)
  local text, message = files.read(name, LONGEST_FILE)
  if not text then
    exit.usage(message)
  end
  local object
  object, message = json.object(text)
  if object and next(object) == nil then
    message = "sets no field"
  end
  if message then
    exit.usage(("%s %s"):format(name, message))
  end
  return object
end


local function changes_of(options)
  if options.from then
    return fields_of(options.from)
  end
  local changes = { idleTokenTimeoutSeconds = options.seconds }
  if options.enable or options.disable then
    changes.enableIdleTokenTimeout = options.enable or false
  end
  return changes
end


-- Genesys ignores a field whose name is misspelt.
local function check_names(changes, before)
  for name in pairs(changes) do
    if not timeout_fields.is_known(name, before) then
      exit.usage(("%q is not a field of the idle-token timeout"):format(name))
    end
  end
end


-- Refuses the values that the library would refuse to send.
local function check_values(body)
  local accepted, err = core.check("put_tokens_timeout", { body = body })
  if not accepted then
    exit.usage(err.message)
  end
end


-- The timeout with the changes. When it is off, the seconds are not sent:
-- Genesys accepts them only when it is on (see its Terraform provider).
local function changed(before, changes)
  local after = {}
  for _, object in ipairs({ before, changes }) do
    for name, value in pairs(object) do
      after[name] = value
    end
  end
  if not after.enableIdleTokenTimeout then
    if changes.idleTokenTimeoutSeconds
       and changes.enableIdleTokenTimeout == nil then
      exit.usage("the idle-token timeout is off: to set its seconds, switch "
        .. "it on (--enable)")
    end
    after.idleTokenTimeoutSeconds = nil
  end
  return after
end


local function show(options, before, after)
  if options.json then
    return report.json({ before = before, after = after })
  elseif options.quiet then
    return
  end
  local rows = { { "", "before", "after" } }
  for _, name in ipairs(timeout_fields.names(before, after)) do
    local old = timeout_fields.text(before[name])
    local new = timeout_fields.text(after[name])
    rows[#rows + 1] = { name, old, new, colour = old ~= new and "bold" or nil }
  end
  report.rows(rows)
end


---@param options table of gctokens.cli.parser
return function(options)
  local message = conflict(options)
  if message then
    exit.usage(message)
  end
  local changes = changes_of(options)
  local client = open_client(options)
  local before, err = client:get_tokens_timeout()
  if not before then
    exit.with_error(err)
  end
  check_names(changes, before)
  local after = changed(before, changes)
  if options.dry_run then
    check_values(after)
  else
    after, err = client:put_tokens_timeout(after)
    if not after then
      exit.with_error(err)
    end
  end
  show(options, before, after)
end

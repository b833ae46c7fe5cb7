--- The client that a command works with, made of the command line's options.

local client = require("gctokens.client")
local encoding = require("gctokens.cli.encoding")
local exit = require("gctokens.cli.exit")
local files = require("gctokens.cli.files")
local grammar = require("gctokens.cli.grammar")
local report = require("gctokens.cli.report")

local session = {}


-- More than any token has; a whole log file is no token.
local LONGEST_TOKEN_FILE = 65536 -- bytes

local TOKEN = "GENESYSCLOUD_ACCESS_TOKEN"
local ID = "GENESYSCLOUD_OAUTHCLIENT_ID"
local SECRET = "GENESYSCLOUD_OAUTHCLIENT_SECRET"


-- Never shows what the file holds.
local function token_of(name)
  local text, message = files.read(name, LONGEST_TOKEN_FILE)
  if not text then
    exit.usage(message)
  end
  local token = encoding.without_mark(text):match("^%s*(%S+)%s*$")
  if not token then
    exit.usage(("the token file %s must hold one access token and nothing "
      .. "else"):format(name))
  end
  return token
end


-- What is wrong with an option, by the name that it has here.
local function explain(err)
  local subject = err.origin
  if not subject and err.option then
    subject = "--" .. err.option:gsub("_", "-")
  end
  local reason = exit.in_command_words(err.reason)
  return subject and subject .. " " .. reason or reason
end


local function is_set(name)
  return (os.getenv(name) or "") ~= ""
end


-- What they are worth, the library says.
local function require_credentials()
  if not is_set(TOKEN) and not (is_set(ID) and is_set(SECRET)) then
    exit.raise(exit.UNAUTHORISED, ("there is no access token: set %s, or "
      .. "%s and %s, or give --token-file"):format(TOKEN, ID, SECRET))
  end
end


local function tell_attempt(event)
  local words = {
    ("%s, attempt %d: %s after %.3f s"):format(event.operation, event.attempt,
      event.status and "HTTP " .. event.status or event.cause or event.kind,
      event.seconds),
  }
  if event.correlation_id then
    words[#words + 1] = "correlation id " .. event.correlation_id
  end
  if event.pause then
    words[#words + 1] = ("trying again in %.1f s"):format(event.pause)
  end
  report.remark(table.concat(words, "; "), "faint")
end


--- Makes the client. Ends the command when an option is wrong.
---@param options table of gctokens.cli.parser
---@param own table? further options of gctokens.new
---@return gctokens.Client
function session.open(options, own)
  local settings, origins = own or {}, {}
  for _, option in ipairs(grammar.options) do
    local name = option.library_name
    if name then
      settings[name] = options[name]
      origins[name] = options[name] and "--" .. option.name
    end
  end
  if options.token_file then
    settings.access_token = token_of(options.token_file)
    origins.access_token = "--token-file " .. options.token_file
  else
    require_credentials()
  end
  if options.retries == 0 then
    settings.retry = false
  elseif options.retries then
    settings.retry = { max_attempts = options.retries + 1 }
  end
  if options.verbose then
    settings.on_attempt = settings.on_attempt or tell_attempt
  end
  local made, err = client.open(settings, origins)
  if not made then
    exit.usage(explain(err))
  end
  return made
end


return session

--- The client of a command, made from the options of the command line.

local library = require("gctokens.client")
local encoding = require("gctokens.cli.encoding")
local exit = require("gctokens.cli.exit")
local files = require("gctokens.cli.files")
local grammar = require("gctokens.cli.grammar")
local report = require("gctokens.cli.report")

local client = {}


local LONGEST_TOKEN_FILE = 65536 -- bytes

local TOKEN = "GENESYSCLOUD_ACCESS_TOKEN"
local ID = "GENESYSCLOUD_OAUTHCLIENT_ID"
local SECRET = "GENESYSCLOUD_OAUTHCLIENT_SECRET"


-- Messages never show the content of the file.
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


-- What is wrong with an option, under the name that the command gives it.
local function explain(err)
  local subject = err.origin
  if not subject and err.option then
    subject = "--" .. err.option:gsub("_", "-")
  end
  local reason = exit.in_command_words(err.reason)
  return subject and subject .. " " .. reason or reason
end


-- An empty variable counts as not set.
local function variable(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end


-- Only whether there are credentials. The library checks them.
local function require_credentials()
  if not variable(TOKEN) and not (variable(ID) and variable(SECRET)) then
    exit.raise(exit.UNAUTHORISED, ("there is no access token: set %s, or "
      .. "%s and %s, or give --token-file"):format(TOKEN, ID, SECRET))
  end
end


local function print_attempt(event)
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


-- Options of the library, and where each of them comes from.
local function library_options(options)
  local translated, origins = {}, {}
  for _, option in ipairs(grammar.options) do
    local name = option.library_name
    if name then
      translated[name] = options[name]
      origins[name] = options[name] and "--" .. option.name
    end
  end
  if options.retries == 0 then
    translated.retry = false
  elseif options.retries then
    translated.retry = { max_attempts = options.retries + 1 }
  end
  if options.verbose then
    translated.on_attempt = print_attempt
  end
  return translated, origins
end


local function open(translated, origins)
  local opened, err = library.open(translated, origins)
  if not opened then
    exit.usage(explain(err))
  end
  return opened
end


--- Opens a client with the access token of --token-file or the environment, or
--- with the OAuth client in the environment. Ends the command if an option is
--- wrong.
---@param options table of gctokens.cli.parser
---@return gctokens.Client
function client.open(options)
  local translated, origins = library_options(options)
  if options.token_file then
    translated.access_token = token_of(options.token_file)
    origins.access_token = "--token-file " .. options.token_file
  else
    require_credentials()
  end
  return open(translated, origins)
end


--- Opens a client with the OAuth client in the environment, even if there is an
--- access token, too. Ends the command if an option is wrong.
---@param options table of gctokens.cli.parser
---@return gctokens.Client
function client.open_with_client_credentials(options)
  local id, secret = variable(ID), variable(SECRET)
  if not (id and secret) then
    exit.raise(exit.UNAUTHORISED, ("client credentials are needed for a fresh "
      .. "token: set %s and %s"):format(ID, SECRET))
  end
  local translated, origins = library_options(options)
  translated.client_id, translated.client_secret = id, secret
  return open(translated, origins)
end


return client

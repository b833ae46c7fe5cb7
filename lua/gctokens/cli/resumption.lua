--- How to resume a revocation that ended early: the command line to type.

local shell = require("gctokens.cli.shell")

local resumption = {}


-- Replaces user name and password in the URL of a proxy. A password may hold
-- any character, so everything up to the last @ goes.
local function without_login(url)
  local scheme, rest = url:match("^(%a[%w+.-]*://)(.*)$")
  return (scheme or "") .. (rest or url):gsub("^.*@", "...@")
end


-- The arguments as words of a shell, without the login of a proxy.
local function words_of(arguments)
  local words = {}
  for i, argument in ipairs(arguments) do
    if arguments[i - 1] == "--proxy" then
      argument = without_login(argument)
    elseif argument:find("^%-%-proxy=") then
      argument = "--proxy=" .. without_login(argument:sub(#"--proxy=" + 1))
    end
    words[i] = shell.word(argument)
  end
  return words
end


--- The advice for a run that ended early. A list from a pipe cannot be read
--- again, so there is no command line for it.
---@param run gctokens.cli.Revocation
---@param arguments string[] those of the command line
---@return string
function resumption.advice(run, arguments)
  local name = run.results_name
  if not name or run.users.is_pipe then
    return "run it again with the users that are left; revoking twice does no "
      .. "harm" .. (name and ", and --resume " .. shell.word(name)
        .. " skips those that are done" or "")
  end
  local words = words_of(arguments)
  if not run.options.resume then
    words[#words + 1] = "--resume " .. shell.word(name)
  end
  return "resume with: gctokens " .. table.concat(words, " ")
end


return resumption

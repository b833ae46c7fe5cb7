--- The manual page, gctokens(1), made of the grammar: macros of man(7).

local core = require("gctokens.core")
local grammar = require("gctokens.command.grammar")

local manual = {}


-- What the parser has of its own.
local EVERYWHERE = {
  { name = "help", short = "h", help = "show the help of a command and exit" },
  { name = "version", help = "show the version and exit" },
}


-- Text that roff must not take for its own: hyphen and tilde become such as can
-- be copied, and a line does not begin with a request.
local function escape(text)
  return (text:gsub("\\", "\\e"):gsub("-", "\\-"):gsub("~", "\\(ti")
    :gsub("^([.'])", "\\&%1"))
end


local function synopsis_of(path, command)
  local words = { ("\\fB%s\\fR [\\fIoption\\fR]..."):format(escape(path)) }
  for _, argument in ipairs(command.arguments or {}) do
    words[#words + 1] = argument.many
      and ("[\\fI%s\\fR]..."):format(argument.name)
      or ("\\fI%s\\fR"):format(argument.name)
  end
  return table.concat(words, " ")
end


local function add_options(lines, options)
  for _, option in ipairs(options or {}) do
    local names = "\\fB\\-\\-" .. escape(option.name) .. "\\fR"
    if option.short then
      names = "\\fB\\-" .. option.short .. "\\fR, " .. names
    end
    lines[#lines + 1] = ".TP\n" .. names .. (option.argument
      and " \\fI" .. escape(option.argument) .. "\\fR" or "")
    lines[#lines + 1] = escape(option.help)
  end
end


local function add_examples(lines, examples)
  for _, example in ipairs(examples) do
    lines[#lines + 1] = ".TP\n" .. escape(example[1])
    lines[#lines + 1] = escape(example[2])
  end
end


-- Calls `visit(path, command)` for every command, those below others too.
local function each_command(commands, prefix, visit)
  for _, command in ipairs(commands) do
    local path = prefix .. " " .. command.name
    visit(path, command)
    each_command(command.commands or {}, path, visit)
  end
end


local function add_rows(lines, title, rows)
  lines[#lines + 1] = ".SH " .. title
  for _, row in ipairs(rows) do
    lines[#lines + 1] = ".TP\n\\fB" .. escape(row[1]) .. "\\fR"
    lines[#lines + 1] = escape(row[2])
  end
end


--- The page.
---@return string
function manual.page()
  local lines = {
    ('.TH GCTOKENS 1 "" "gctokens %s" "User Commands"'):format(core._VERSION),
    ".SH NAME",
    ("%s \\- %s"):format(grammar.name, escape(grammar.summary)),
    ".SH SYNOPSIS",
  }
  each_command(grammar.commands, grammar.name, function(path, command)
    lines[#lines + 1] = synopsis_of(path, command) .. "\n.br"
  end)
  lines[#lines + 1] = ".SH DESCRIPTION"
  lines[#lines + 1] = escape(grammar.description)
  lines[#lines + 1] = ".SH COMMANDS"
  each_command(grammar.commands, grammar.name, function(path, command)
    lines[#lines + 1] = ".SS " .. escape(path)
    lines[#lines + 1] = escape(command.description)
    add_options(lines, command.options)
  end)
  lines[#lines + 1] = ".SH OPTIONS OF EVERY COMMAND"
  add_options(lines, grammar.options)
  add_options(lines, EVERYWHERE)
  add_rows(lines, "ENVIRONMENT", grammar.environment)
  add_rows(lines, "EXIT STATUS", grammar.exit_codes)
  lines[#lines + 1] = ".SH EXAMPLES"
  each_command(grammar.commands, grammar.name, function(_, command)
    add_examples(lines, command.examples)
  end)
  return table.concat(lines, "\n") .. "\n"
end


return manual

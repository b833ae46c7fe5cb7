--- The manual page gctokens(1), made from the grammar, in macros of man(7).

local core = require("gctokens.core")
local grammar = require("gctokens.cli.grammar")
local syntax = require("gctokens.cli.syntax")

local manual = {}


local LONGEST_LINE = 80 -- bytes; mandoc -T lint warns of longer lines


-- Escapes a text for roff. A hyphen and a tilde stay ASCII, so that they can be
-- copied. A line does not begin with a request.
local function escape(text)
  return (text:gsub("\\", "\\e"):gsub("-", "\\-"):gsub("~", "\\(ti")
    :gsub("^([.'])", "\\&%1"))
end


-- A paragraph, broken into lines.
local function filled(text)
  local lines, line = {}, ""
  for word in text:gmatch("%S+") do
    local longer = line == "" and word or line .. " " .. word
    if #escape(longer) > LONGEST_LINE then
      lines[#lines + 1], longer = escape(line), word
    end
    line = longer
  end
  lines[#lines + 1] = escape(line)
  return table.concat(lines, "\n")
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
    lines[#lines + 1] = filled(option.help)
  end
end


local function add_examples(lines, examples)
  for _, example in ipairs(examples) do
    lines[#lines + 1] = ".TP\n" .. escape(example[1])
    lines[#lines + 1] = filled(example[2])
  end
end


local function add_rows(lines, title, rows)
  lines[#lines + 1] = ".SH " .. title
  for _, row in ipairs(rows) do
    lines[#lines + 1] = ".TP\n\\fB" .. escape(row[1]) .. "\\fR"
    lines[#lines + 1] = filled(row[2])
  end
end


-- Command lines are not broken, so that they can be copied.
local function add_setups(lines)
  lines[#lines + 1] = ".SH SHELL COMPLETION"
  for _, setup in ipairs(grammar.shell_setups) do
    lines[#lines + 1] = ".TP\n" .. escape(setup.title) .. "\n.nf"
    for _, command in ipairs(setup.commands) do
      lines[#lines + 1] = escape(command)
    end
    lines[#lines + 1] = ".fi\n" .. filled(setup.note)
  end
end


--- The text of the page.
---@return string
function manual.page()
  local lines = {
    ('.TH GCTOKENS 1 "%s" "gctokens %s" "User Commands"'):format(grammar.date,
      core._VERSION),
    ".SH NAME",
    ("%s \\- %s"):format(grammar.name, escape(grammar.summary)),
    ".SH SYNOPSIS",
  }
  local synopses = {}
  syntax.each_command(function(path, command)
    synopses[#synopses + 1] = synopsis_of(path, command)
  end)
  lines[#lines + 1] = table.concat(synopses, "\n.br\n")
  lines[#lines + 1] = ".SH DESCRIPTION"
  lines[#lines + 1] = filled(grammar.description)
  lines[#lines + 1] = ".SH COMMANDS"
  syntax.each_command(function(path, command)
    lines[#lines + 1] = ".SS " .. escape(path)
    lines[#lines + 1] = filled(command.description)
    add_options(lines, command.options)
  end)
  lines[#lines + 1] = ".SH OPTIONS OF EVERY COMMAND"
  add_options(lines, syntax.common_options())
  add_rows(lines, "ENVIRONMENT", grammar.environment)
  add_rows(lines, "EXIT STATUS", grammar.exit_codes)
  add_setups(lines)
  lines[#lines + 1] = ".SH EXAMPLES"
  syntax.each_command(function(_, command)
    add_examples(lines, command.examples)
  end)
  return table.concat(lines, "\n") .. "\n"
end


return manual

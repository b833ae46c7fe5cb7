--- The grammar of the command line, as data. Parser, help, completion scripts
-- and manual page are made from it.
--
-- The fields of an option:
--   name      without dashes
--   short     its letter, if it has one
--   argument  the name of its argument; a flag has none
--   value     the converter of the argument, by its name in
--             gctokens.cli.converters (default: any text that is not empty)
--   choices   what completion offers
--   help      a text for people
--   once      whether it may be given only once; otherwise the last one counts
--
-- Options that go to the library are made from the library's tables.

local client_options = require("gctokens.cli.client_options")
local defaults = require("gctokens.options").defaults


-- One list of all that are in several.
local function joined(...)
  local all = {}
  for _, list in ipairs({ ... }) do
    for _, option in ipairs(list) do
      all[#all + 1] = option
    end
  end
  return all
end


return {
  name = "gctokens",
  date = "2026-11-23", -- of this version, the same as in CHANGELOG.md
  summary = "verify and revoke Genesys Cloud access tokens",
  description = "Calls the Tokens API of Genesys Cloud from the shell. Shows "
    .. "whose an access token is, verifies it, revokes it, revokes all tokens "
    .. "of many users, and shows or changes the organisation's idle-token "
    .. "timeout.",

  options = joined(client_options.of_client(), {
    { name = "token-file", argument = "FILE",
      help = "file with the access token and nothing else; - reads standard "
        .. "input" },
    { name = "retries", argument = "COUNT", value = "count",
      help = ("how often a call is tried again (default: %d)"):format(
        defaults.retry.max_attempts - 1) },
    { name = "json", help = "print JSON" },
    { name = "verbose", short = "v",
      help = "print each attempt on standard error" },
    { name = "quiet", short = "q",
      help = "print no remarks, and nothing that the exit code says" },
  }),

  commands = {
    { name = "whoami",
      summary = "show what is known of the access token",
      description = "Shows the organisation and the OAuth client of the access "
        .. "token, its scopes, and when it expires if it is not used.",
      options = client_options.of_operation("get_tokens_me"),
      examples = {
        { "gctokens whoami --region eu-west-1",
          "the token in the environment" },
        { "gctokens whoami --json | jq -r .organization.id",
          "one field of the response" },
      },
    },

    { name = "verify",
      summary = "check whether the access token is valid",
      description = "Exits with 0 when the access token is valid and with 1 "
        .. "when it is invalid. Any other code means that Genesys did not say. "
        .. "The call does not count as use of the token.",
      examples = {
        { "gctokens verify --quiet && echo valid", "in a script" },
        { "pass show genesys | gctokens verify --token-file -",
          "a token that is in no file and no variable" },
      },
    },

    { name = "logout",
      summary = "revoke the access token",
      description = "Revokes the access token that it is called with. It is "
        .. "never repeated with another token.",
      examples = {
        { "gctokens logout --token-file old.token",
          "the token in that file, and no other" },
      },
    },

    { name = "revoke",
      summary = "revoke all access tokens of users",
      description = "Revokes all access tokens of each user, several users at "
        .. "a time, no faster than Genesys allows. All ids are checked before "
        .. "the first is sent. Empty lines and ids given twice are skipped and "
        .. "counted. At a terminal it asks before it revokes the tokens of "
        .. "more than one user. After Ctrl-C it says how to resume.",
      arguments = {
        { name = "id", many = true, help = "user ids" },
      },
      options = joined({
        { name = "from", argument = "FILE", once = true,
          help = "file of user ids, one on each line, or CSV with --column; "
            .. "- reads standard input to its end" },
        { name = "column", argument = "NAME",
          help = "the file is CSV and this column holds the ids; a number, "
            .. "counted from 1, if the first line is not a header" },
        { name = "any-id",
          help = "accept ids that are not UUIDs; the ids of Genesys are" },
        { name = "dry-run", short = "n",
          help = "check and print the ids and send nothing" },
        { name = "yes", short = "y", help = "do not ask" },
        { name = "results", argument = "FILE", once = true,
          help = "append each result to this file at once, one JSON object on "
            .. "each line" },
        { name = "resume", argument = "FILE", once = true,
          help = "skip the users that are done according to this file of "
            .. "results; without --results, append to it" },
      }, client_options.of_operation("delete_tokens_of")),
      examples = {
        { "gctokens revoke 7f624c8e-0889-4b17-9e9b-7e2a2de26872", "one user" },
        { "gctokens revoke --from leavers.csv --column id --results done.jsonl",
          "many users, with a file of results" },
        { "gctokens revoke --from leavers.csv --column id --resume done.jsonl",
          "the users that are left" },
      },
    },

    { name = "timeout",
      summary = "show or change the idle-token timeout",
      description = "Shows the organisation's idle-token timeout: how long a "
        .. "token stays valid without use.",
      examples = {
        { "gctokens timeout", "as it is now" },
      },
      commands = {
        { name = "set",
          summary = "change the idle-token timeout",
          description = "Reads the timeout, changes the fields that are given, "
            .. "writes it back, and shows it before and after.",
          options = {
            { name = "seconds", argument = "COUNT", value = "whole",
              help = "the timeout, 300 to 28800 (at most 900 with HIPAA)" },
            { name = "enable", help = "switch the timeout on" },
            { name = "disable", help = "switch the timeout off" },
            { name = "from", argument = "FILE",
              help = "read the fields from this file, a JSON object; - reads "
                .. "standard input" },
            { name = "dry-run", short = "n",
              help = "show what would change and write nothing" },
          },
          examples = {
            { "gctokens timeout set --enable --seconds 1800", "half an hour" },
            { "gctokens timeout --json > before.json",
              "a copy, for timeout set --from before.json" },
          },
        },
      },
    },

    { name = "token",
      summary = "print a fresh access token",
      description = "Prints a fresh access token for other tools. The OAuth "
        .. "client in the environment requests it (client credentials).",
      examples = {
        { "GENESYSCLOUD_ACCESS_TOKEN=$(gctokens token) gctokens whoami",
          "one token for many calls" },
      },
    },

    { name = "completion",
      summary = "print the completion script of a shell",
      description = "Prints the script with which a shell completes commands, "
        .. "options, regions and file names.",
      arguments = {
        { name = "shell", choices = { "bash", "zsh", "fish" },
          help = "bash, zsh or fish" },
      },
      examples = {
        { "eval \"$(gctokens completion bash)\"",
          "in ~/.bashrc; gctokens man has the lines for each shell" },
      },
    },

    { name = "man",
      summary = "print the manual page",
      description = "Prints the manual page as man reads it.",
      examples = {
        { "gctokens man | man -l -", "show the page" },
      },
    },
  },

  -- How to set up a shell for completion.
  shell_setups = {
    { shell = "bash", title = "bash, for this session",
      commands = { 'eval "$(gctokens completion bash)"' },
      note = "For all sessions, put the same line into ~/.bashrc. The "
        .. "bash-completion package is not needed." },
    { shell = "bash", title = "bash, for all sessions, loaded on demand",
      commands = {
        "dir=~/.local/share/bash-completion/completions",
        "mkdir -p $dir && gctokens completion bash > $dir/gctokens",
      },
      note = "This needs the bash-completion package." },
    { shell = "zsh", title = "zsh, for this session",
      commands = { 'eval "$(gctokens completion zsh)"' },
      note = "For all sessions, put the same line into ~/.zshrc, after "
        .. "compinit." },
    { shell = "zsh", title = "zsh, for all sessions, loaded on demand",
      commands = {
        "mkdir -p ~/.zfunc && gctokens completion zsh > ~/.zfunc/_gctokens",
      },
      note = "In ~/.zshrc, fpath=(~/.zfunc $fpath) must come before "
        .. "compinit." },
    { shell = "fish", title = "fish, for this session",
      commands = { "gctokens completion fish | source" },
      note = "For all sessions, put the same line into "
        .. "~/.config/fish/config.fish." },
    { shell = "fish", title = "fish, for all sessions, loaded on demand",
      commands = {
        "mkdir -p ~/.config/fish/completions",
        "gctokens completion fish > ~/.config/fish/completions/gctokens.fish",
      },
      note = "New sessions load it from there." },
  },

  environment = {
    { "GENESYSCLOUD_ACCESS_TOKEN", "the access token" },
    { "GENESYSCLOUD_OAUTHCLIENT_ID", "else an OAuth client that requests one" },
    { "GENESYSCLOUD_OAUTHCLIENT_SECRET", "the secret of that client" },
    { "GENESYSCLOUD_REGION", "the region" },
    { "CURL_CA_BUNDLE", "trusted certificates, as with curl" },
    { "SSL_CERT_FILE, SSL_CERT_DIR", "trusted certificates, as with curl" },
    { "https_proxy, all_proxy, no_proxy", "as with curl" },
    { "NO_COLOR", "no colours, if it is not empty" },
    { "TMPDIR", "where long lists are kept (default: /tmp)" },
  },

  exit_codes = {
    { "0", "done" },
    { "1", "the answer is no: invalid (verify), a user not revoked, a value "
      .. "refused" },
    { "2", "wrong usage, or input that cannot be used" },
    { "3", "trouble with the network, the server or a file" },
    { "4", "not authorised: no valid token, no permission, or a proxy's 407" },
    { "130", "ended by Ctrl-C" },
  },
}

--- What the command understands, as data: parser, help, completion and manual
-- page are all made of it.
--
-- An option: its name, what its argument is called (none: it is a flag), what
-- that must be (a name in gctokens.cli.converters; absent: any text that is not
-- empty), help, and whether it may be given once only. Of others the last one
-- counts. What the library takes, too, is in the library's tables of options.

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
  date = "2026-11-23", -- of this version, as in the change log
  summary = "check, revoke and time out Genesys Cloud access tokens",
  description = "Uses the Tokens API of Genesys Cloud from the shell: who is "
    .. "this token, is it alive, kill it, kill all tokens of many users, read "
    .. "and set the organisation's idle-token timeout.",

  options = joined(client_options.of_client(), {
    { name = "token-file", argument = "FILE",
      help = "file with the access token and nothing else; - reads standard "
        .. "input" },
    { name = "retries", argument = "COUNT", value = "count",
      help = ("how often a call is tried again (default: %d)"):format(
        defaults.retry.max_attempts - 1) },
    { name = "json", help = "print JSON" },
    { name = "verbose", short = "v",
      help = "tell each attempt on standard error" },
    { name = "quiet", short = "q",
      help = "leave out remarks, and what the exit code tells as well" },
  }),

  commands = {
    { name = "whoami",
      summary = "tell what is known of the access token",
      description = "Tells whose organisation and OAuth client the access "
        .. "token belongs to, its scopes, and when it idles out.",
      options = client_options.of_operation("get_tokens_me"),
      examples = {
        { "gctokens whoami --region eu-west-1",
          "the token of the environment" },
        { "gctokens whoami --json | jq -r .organization.id",
          "one field of it" },
      },
    },

    { name = "verify",
      summary = "tell whether the access token is alive",
      description = "Exits with 0 when the access token is alive and with 1 "
        .. "when it is dead. Any other code says that this could not be told.",
      examples = {
        { "gctokens verify --quiet && echo alive", "in a script" },
        { "pass show genesys | gctokens verify --token-file -",
          "a token that is in no file and no variable" },
      },
    },

    { name = "logout",
      summary = "kill the access token",
      description = "Kills the access token that it is called with. Never "
        .. "repeated with another token.",
      examples = {
        { "gctokens logout --token-file old.token",
          "that token, and no other" },
      },
    },

    { name = "revoke",
      summary = "kill all access tokens of users",
      description = "Kills all access tokens of each user, several at a time, "
        .. "no faster than Genesys allows. All ids are checked before the "
        .. "first is sent; what is skipped, as an empty line or an id given "
        .. "twice, is counted and told. At a terminal it asks before it "
        .. "revokes the tokens of more than one user. Ctrl-C ends it and says "
        .. "how to resume.",
      arguments = {
        { name = "id", many = true, help = "user ids" },
      },
      options = joined({
        { name = "from", argument = "FILE", once = true,
          help = "file of user ids, one a line, or CSV with --column; - reads "
            .. "standard input, to its end" },
        { name = "column", argument = "NAME",
          help = "the file is CSV and this column has the ids; a number, "
            .. "counted from 1, if its first line is no header" },
        { name = "any-id",
          help = "take ids that are no UUIDs, too; those of Genesys are" },
        { name = "dry-run", short = "n",
          help = "check and print the ids, and send nothing" },
        { name = "yes", short = "y", help = "do not ask" },
        { name = "results", argument = "FILE", once = true,
          help = "append each result to this file as it comes, a JSON object a "
            .. "line" },
        { name = "resume", argument = "FILE", once = true,
          help = "skip the users that this file of results says are done; "
            .. "results go there, too, if there is no --results" },
      }, client_options.of_operation("delete_tokens_of")),
      examples = {
        { "gctokens revoke 7f624c8e-0889-4b17-9e9b-7e2a2de26872", "one user" },
        { "gctokens revoke --from leavers.csv --column id --results done.jsonl",
          "many, with a record" },
        { "gctokens revoke --from leavers.csv --column id --resume done.jsonl",
          "those that are left of them" },
      },
    },

    { name = "timeout",
      summary = "show or change the idle-token timeout",
      description = "Shows the organisation's idle-token timeout: after how "
        .. "long without use its tokens die.",
      examples = {
        { "gctokens timeout", "as it is now" },
      },
      commands = {
        { name = "set",
          summary = "change the idle-token timeout",
          description = "Reads the timeout, changes what is asked for, writes "
            .. "it back, and shows what it was and what it is.",
          options = {
            { name = "seconds", argument = "COUNT", value = "whole",
              help = "the timeout, 300 to 28800 (at most 900 with HIPAA)" },
            { name = "enable", help = "switch it on" },
            { name = "disable", help = "switch it off" },
            { name = "from", argument = "FILE",
              help = "take the fields from this file (a JSON object); - reads "
                .. "standard input" },
            { name = "dry-run", short = "n",
              help = "show what it would be, and write nothing" },
          },
          examples = {
            { "gctokens timeout set --enable --seconds 1800", "half an hour" },
            { "gctokens timeout --json > before.json",
              "keep it, for timeout set --from before.json" },
          },
        },
      },
    },

    { name = "token",
      summary = "print a fresh access token",
      description = "Prints a fresh access token of the OAuth client in the "
        .. "environment (client credentials), for other tools.",
      examples = {
        { "GENESYSCLOUD_ACCESS_TOKEN=$(gctokens token) gctokens whoami",
          "one token for many calls" },
      },
    },

    { name = "completion",
      summary = "print a shell's completion",
      description = "Prints what makes a shell complete commands, options, "
        .. "regions and names of files.",
      arguments = {
        { name = "shell", choices = { "bash", "zsh", "fish" },
          help = "bash, zsh or fish" },
      },
      examples = {
        { "eval \"$(gctokens completion bash)\"",
          "in ~/.bashrc; gctokens man tells it for each shell" },
      },
    },

    { name = "man",
      summary = "print the manual page",
      description = "Prints the manual page, in the language of man.",
      examples = {
        { "gctokens man | man -l -", "read it" },
      },
    },
  },

  -- How a shell is set up to complete the command.
  shell_setups = {
    { shell = "bash", title = "bash, for this session",
      commands = { 'eval "$(gctokens completion bash)"' },
      note = "For good it is the same line in ~/.bashrc. The bash-completion "
        .. "package is not needed." },
    { shell = "bash", title = "bash, for good, read when it is needed",
      commands = {
        "dir=~/.local/share/bash-completion/completions",
        "mkdir -p $dir && gctokens completion bash > $dir/gctokens",
      },
      note = "This is for the bash-completion package." },
    { shell = "zsh", title = "zsh, for this session",
      commands = { 'eval "$(gctokens completion zsh)"' },
      note = "For good it is the same line in ~/.zshrc, after compinit." },
    { shell = "zsh", title = "zsh, for good, read when it is needed",
      commands = {
        "mkdir -p ~/.zfunc && gctokens completion zsh > ~/.zfunc/_gctokens",
      },
      note = "In ~/.zshrc fpath=(~/.zfunc $fpath) comes before compinit." },
    { shell = "fish", title = "fish, for this session",
      commands = { "gctokens completion fish | source" },
      note = "For good it is the same line in ~/.config/fish/config.fish." },
    { shell = "fish", title = "fish, for good, read when it is needed",
      commands = {
        "mkdir -p ~/.config/fish/completions",
        "gctokens completion fish > ~/.config/fish/completions/gctokens.fish",
      },
      note = "It is there in the sessions to come." },
  },

  environment = {
    { "GENESYSCLOUD_ACCESS_TOKEN", "the access token" },
    { "GENESYSCLOUD_OAUTHCLIENT_ID", "else an OAuth client to get one with" },
    { "GENESYSCLOUD_OAUTHCLIENT_SECRET", "its secret" },
    { "GENESYSCLOUD_REGION", "the region" },
    { "CURL_CA_BUNDLE, SSL_CERT_FILE, SSL_CERT_DIR",
      "trusted certificates, as with curl" },
    { "https_proxy, all_proxy, no_proxy", "as with curl" },
    { "NO_COLOR", "no colours, if it is not empty" },
    { "TMPDIR", "where long lists are kept (default: /tmp)" },
  },

  exit_codes = {
    { "0", "done" },
    { "1", "the answer is no: a dead token, a user not revoked, a value "
      .. "refused" },
    { "2", "wrong usage, or input that cannot be used" },
    { "3", "trouble with the network, the server, or a file" },
    { "4", "not authorised: no valid token, or none that may; a proxy's 407" },
    { "130", "ended by Ctrl-C" },
  },
}

-- How LDoc reads the LuaCATS annotations of lua/: what it has no word for
-- becomes a custom tag. The shapes of tables, in lua/gctokens/meta, are for
-- editors; the client's operations there are for both.
project = "gctokens"
title = "gctokens"
description = "Genesys Cloud Tokens API for Lua"
file = {
  "../../lua",
  exclude = {
    "../../lua/gctokens/meta/core.lua",
    "../../lua/gctokens/meta/guard.lua",
    "../../lua/gctokens/meta/types.lua",
    "../../lua/gctokens/cli/grammar.lua", -- data
    "../../lua/gctokens/guard/status/style.lua", -- data
    "../../lua/gctokens/options", -- data
  },
}
dir = "../../build/doc"
custom_tags = {
  { "nodiscard", hidden = true },
  { "generic", hidden = true },
  { "meta", hidden = true },
  { "cats", hidden = true },
}
alias("class", "cats")
alias("type", "cats")

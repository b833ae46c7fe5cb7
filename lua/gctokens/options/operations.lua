--- The options that single operations take beside those of every call, as data.
-- A row is as in gctokens.options.client.

return {
  get_tokens_me = {
    { name = "preserve_idle_ttl", type = "boolean" },
  },
  put_tokens_timeout = {
    { name = "validate", type = "boolean" },
  },
  delete_tokens_of = {
    { name = "concurrency", type = "concurrency", default = 8 },
    { name = "rate_per_minute", type = "rate", default = 300 }, -- the API's
    { name = "on_result", type = "function" },
    { name = "should_stop", type = "function" },
    { name = "dedupe_window", type = "count", default = 4096 },
  },
}

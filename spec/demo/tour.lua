--- A tour of the six operations, against the emulator.
--
--   make demo
--
-- The part between the two lines of dashes is an ordinary program. For Genesys
-- Cloud itself, it would name a region in place of base_url.

local gctokens = require("gctokens")
local show = require("spec.demo.show")

-- The emulator ends with this process.
local emulator = require("spec.support.emulator").start()

-- ---------------------------------------------------------------------------

local client = gctokens.new({
  base_url = emulator.http_url,
  access_token = emulator.tokens.admin,
  on_attempt = show.attempt,
})

show.heading("Who is this token?")
show.code("client:get_tokens_me({ preserve_idle_ttl = true })")
show.result(client:get_tokens_me({ preserve_idle_ttl = true }))

show.heading("Is it valid?")
show.code("client:head_tokens_me()")
show.result(client:head_tokens_me())

show.heading("The organisation's idle-token timeout, read and changed")
show.code("client:get_tokens_timeout()")
show.result(client:get_tokens_timeout())
show.code("client:put_tokens_timeout({ idleTokenTimeoutSeconds = 900 })")
show.result(client:put_tokens_timeout({ idleTokenTimeoutSeconds = 900 }))

show.heading("A temporary error is retried: a 503, then a 200")
emulator:fault({ status = 503, headers = { ["Retry-After"] = "1" } })
show.code("client:head_tokens_me()")
show.result(client:head_tokens_me())

show.heading("A permanent error is not retried: an agent lacks the permission")
local agent_token = { access_token = emulator.tokens.agent }
show.code("client:delete_token(<the admin's id>, <the agent's token>)")
show.result(client:delete_token(emulator.users.admin, agent_token))

show.heading("All tokens of a user are revoked")
show.code("client:delete_token(<the agent's id>)")
show.result(client:delete_token(emulator.users.agent))
show.code("client:head_tokens_me(<the agent's token>)")
show.result(client:head_tokens_me(agent_token))

show.heading("A call that would revoke the wrong token is never sent")
show.code('client:delete_token("me")')
show.result(client:delete_token("me"))

show.heading("Log out")
show.code("client:delete_tokens_me()")
show.result(client:delete_tokens_me())
show.code("client:head_tokens_me()")
show.result(client:head_tokens_me())

client:close()

-- ---------------------------------------------------------------------------

emulator:stop()

--- A tour of the six operations, against the emulator.
--
--   make demo
--
-- Everything between the two lines of dashes is what a program of yours would
-- hold; against Genesys Cloud, leave out base_url and name your region.

local gctokens = require("gctokens")
local show = require("spec.demo.show")

-- It ends with this process, however that ends.
local emulator = require("spec.support.emulator").start()

-- ---------------------------------------------------------------------------

local client = gctokens.new({
  base_url = emulator.http_url,
  access_token = emulator.tokens.admin,
  on_attempt = show.attempt,
})

show.heading("Who is this token?")
show.call("client:get_tokens_me({ preserve_idle_ttl = true })")
show.result(client:get_tokens_me({ preserve_idle_ttl = true }))

show.heading("Is it valid?")
show.call("client:head_tokens_me()")
show.result(client:head_tokens_me())

show.heading("The organisation's idle-token timeout, read and changed")
show.call("client:get_tokens_timeout()")
show.result(client:get_tokens_timeout())
show.call("client:put_tokens_timeout({ idleTokenTimeoutSeconds = 900 })")
show.result(client:put_tokens_timeout({ idleTokenTimeoutSeconds = 900 }))

show.heading("Trouble that passes is tried again: a 503, then the answer")
emulator:fault({ status = 503, headers = { ["Retry-After"] = "1" } })
show.call("client:head_tokens_me()")
show.result(client:head_tokens_me())

show.heading("Trouble that stays is not: an agent has not the permission")
local agent_token = { access_token = emulator.tokens.agent }
show.call("client:delete_token(<the admin's id>, <the agent's token>)")
show.result(client:delete_token(emulator.users.admin, agent_token))

show.heading("Out with the agent: all tokens of a user")
show.call("client:delete_token(<the agent's id>)")
show.result(client:delete_token(emulator.users.agent))
show.call("client:head_tokens_me(<the agent's token>)")
show.result(client:head_tokens_me(agent_token))

show.heading("A call that would revoke the wrong token is never sent")
show.call('client:delete_token("me")')
show.result(client:delete_token("me"))

show.heading("Log out")
show.call("client:delete_tokens_me()")
show.result(client:delete_tokens_me())
show.call("client:head_tokens_me()")
show.result(client:head_tokens_me())

client:close()

-- ---------------------------------------------------------------------------

emulator:stop()

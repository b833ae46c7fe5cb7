-- What exists when the emulator starts, and again after a reset: one
-- organization with its users, OAuth clients, tokens and settings. All of it
-- is invented; tokens and secrets only look like real ones.

local json = require "app.json"

local DELETE_TOKENS = "oauth:token:delete"
local ADMINISTER = "directory:organization:admin"

local organization = {
  id = "6e1ceecf-2ecd-40ad-829b-f9408038536c",
  name = "Example Insurance",
}

local users = {
  admin = {
    id = "364ca0cc-6748-4c70-b345-f505343e2594",
    name = "Ada Admin",
    permissions = { ADMINISTER, DELETE_TOKENS },
  },
  agent = {
    id = "7f624c8e-0889-4b17-9e9b-7e2a2de26872",
    name = "Alex Agent",
    permissions = {},
  },
  supervisor = {
    id = "e7c1bde1-91c1-475f-b7db-79cedecfea2e",
    name = "Sam Supervisor",
    permissions = { DELETE_TOKENS },
  },
}

local clients = {
  desktop = {
    id = "b2861ca9-90fe-432e-a631-f06297b167b2",
    secret = "pX3mYq7nVbR2sKcT9wLzH4dGfJ8uEaQ1oNiM6yDvWt0",
    name = "Agent Desktop",
    grant = "CODE",
    scopes = {
      "authorization", "organization:readonly", "user-basic-info",
    },
  },
  service = {
    id = "470a94ec-f4c1-4e56-93f2-8fe5e31c3ab3",
    secret = "d8ZI4uFkpgqGlpklaPCA_cP1K0FT9kT1GFOSJzIp_CU",
    name = "Token Service",
    grant = "CLIENT-CREDENTIALS",
    permissions = { ADMINISTER, DELETE_TOKENS },
    roles = {
      {
        roleId = "5237e623-9e9a-4932-8b8f-3b642edd8be3",
        divisionId = "6a4dc704-0213-4f96-821c-ed7ed03e6cc1",
      },
    },
  },
  limited = {
    id = "dcc74f54-77b0-40cd-b7ba-4c80f6a00b9f",
    secret = "OeV5jbuwTO4-RHXUOsDBxSBZMGVqEpezHFUUZdZb5LQ",
    name = "Read-only Service",
    grant = "CLIENT-CREDENTIALS",
    permissions = {},
    roles = {},
  },
}

-- Each is given to tokens.issue: what is absent follows from user and client.
local tokens = {
  admin = {
    access_token = "HThRexuEq82jCWKcvS2609471JyIjGok5uGAhuPBRpUaO_AHBvX"
      .. "ps9mxo6qfgpdVZmk9jarQRGW0adnHEANiYg",
    client = "desktop",
    user = "admin",
  },
  agent = {
    access_token = "1amgq4pWXnlyA4uALh9R7EFvE_yyfN8dFlEay0iT4_pDc1Pnbk"
      .. "PsCw12ownYLPu5IY18mRiabt4MaPSpz9FhGQ",
    client = "desktop",
    user = "agent",
    scopes = { "organization:readonly", "user-basic-info" },
  },
  agent_second = {
    access_token = "-0eFoHSjkf4Sgyo__fGUacIqAC63z2NmsWkcqW_7LEEIpKTDSZD"
      .. "HPSJ2ekilhYctAaiuKD5Zpcdm3g-Svbr8Lg",
    client = "desktop",
    user = "agent",
    scopes = { "organization:readonly", "user-basic-info" },
  },
  supervisor = {
    access_token = "YkM0QI0DSICCT-mU7FUUIm205PvHVk2JUiksFoVALKMy7cPdRcp"
      .. "1DsFah1yKohbBVdWtJCt8NnJSE4LRGwAzsg",
    client = "desktop",
    user = "supervisor",
    scopes = { "organization:readonly", "user-basic-info" },
  },
  client = {
    access_token = "QT9i_q0MKTJynYWdtZCXn1KgsbGEnx2rdeJBYSkEEfK0mHSi-Ef"
      .. "MyzScKCSmkEjZ6H-19Fix1XB35Ii6UXlmYA",
    client = "service",
  },
}


return {
  organization = organization,
  users = users,
  clients = clients,
  tokens = tokens,

  -- Where a cloned user comes from when an issued token only says that it
  -- belongs to one.
  cloned_user = {
    id = "d112ac3f-7229-4cb7-b36e-b13ab9e9ecb9",
    organization = { id = "0a080ac1-c3c5-45e4-9391-7ced19a63753" },
  },

  -- The object of GET and PUT /api/v2/tokens/timeout.
  timeout = {
    idleTokenTimeoutSeconds = 3000,
    enableIdleTokenTimeout = true,
    inactivityTimeoutUnit = "Minutes",
    inactivityTimeoutGroupsEnabled = false,
    inactivityTimeoutGroupBundles = json.array(),
  },

  settings = {
    rate_per_minute = 0, -- requests of one token; 0 is no limit
    oauth_rate_per_minute = 0, -- grants of one client; 0 is no limit
    expires_in = 86400, -- seconds that a granted token lives
    hipaa = false, -- the organization's HIPAA mode
    record = true, -- keep requests for GET /_emulator/requests
    unlimited_users = false, -- every UUID is the id of some user
  },
}

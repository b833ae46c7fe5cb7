-- Whose certificates are trusted, and what is said when one is not.

local core = require("gctokens.core")
local gctokens = require("gctokens")
local fault_proxies = require("spec.support.fault_proxy")
local fixtures = require("spec.support.fixtures")


describe("a certificate that does not verify #once", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  local function failure(url, extra)
    local options = fixtures.options({ base_url = url })
    for name, value in pairs(extra or {}) do
      options[name] = value
    end
    local _, err = gctokens.new(options):get_tokens_me()
    assert.equal("tls", err.kind, tostring(err))
    assert.is_false(err.retryable)
    assert.equal(1, err.attempts)
    return err
  end

  it("is told with the certificates that are trusted", function()
    local err = failure(emulator.https_url)
    assert.equal("PEER_FAILED_VERIFICATION", err.cause)
    assert.equal("ca_file", err.option)
    assert.matches("the certificates in " .. core.default_ca_file
      .. " are trusted, ca_file can name others", err.message, 1, true)
  end)

  it("is told with the file or directory that the caller named", function()
    local err = failure(emulator.foreign_url, { ca_file = emulator.ca_file })
    assert.matches("the certificates in " .. emulator.ca_file
      .. " are trusted, ca_file", err.message, 1, true)
    err = failure(emulator.https_url, { ca_path = "/nonexistent" })
    assert.matches("the certificates in /nonexistent are trusted, ca_path",
      err.message, 1, true)
    assert.equal("ca_path", err.option)
  end)

  it("is another matter when it has expired", function()
    local err = failure(emulator.expired_url, { ca_file = emulator.ca_file })
    assert.is_nil(err.option)
    assert.not_matches("trusted", err.message)
  end)

  it("is another matter when only the name is wrong", function()
    local err = failure(emulator.wrong_host_url, { ca_file = emulator.ca_file })
    assert.equal("PEER_FAILED_VERIFICATION", err.cause)
    assert.is_nil(err.option)
    assert.not_matches("trusted", err.message)
  end)

  it("names the option whose file cannot be used", function()
    for option, cause in pairs({
      ca_file = "SSL_CACERT_BADFILE", client_cert = "SSL_CERTPROBLEM",
    }) do
      local err = failure(emulator.https_url, {
        [option] = "/nonexistent.pem",
        ca_file = option == "ca_file" and "/nonexistent.pem"
          or emulator.ca_file,
      })
      assert.equal(cause, err.cause)
      assert.equal(option, err.option)
    end
  end)
end)


describe("a handshake that breaks off #once", function()
  local emulator, fault_proxy

  setup(function()
    emulator = fixtures.emulator()
    fault_proxy = fault_proxies.start(emulator)
  end)

  teardown(function()
    fault_proxy:stop()
  end)

  it("is tried again, and nothing was sent", function()
    for _, script in ipairs({
      { { "hello" }, { "reset" } }, {}, { { "hello" } },
      { { "hello" }, { "send", "\22\3\3\0\80\2\0\0\76\3\3" } },
    }) do
      fault_proxy:play({ script })
      local deleted, err, response = fixtures.client({
        base_url = fault_proxy.https_url, ca_file = emulator.ca_file,
        access_token = emulator:issue({ user = "agent" }),
      }):delete_tokens_me()
      assert.is_nil(err)
      assert.is_true(deleted)
      assert.is_nil(response.already_deleted)
      assert.equal(2, response.attempts)
    end
  end)
end)


describe("the environment's certificates", function()
  local emulator

  before_each(function()
    emulator = fixtures.emulator()
  end)

  -- What a script prints that makes one call.
  local function call(variables, options)
    return (fixtures.run(("%s LUA_PATH=%s LUA_CPATH=%s %s -e %s"):format(
      variables, fixtures.quote(package.path), fixtures.quote(package.cpath),
      os.getenv("GCTOKENS_LUA") or "lua5.4", fixtures.quote(([[
        local options = { base_url = "%s", access_token = "%s", %s }
        local info, err = require("gctokens").new(options):get_tokens_me()
        io.write(info and "trusted" or tostring(err.origin) .. " "
          .. err.message)
      ]]):format(emulator.https_url, emulator.tokens.admin, options or "")))))
  end

  it("are trusted as by curl", function()
    local file = "=" .. emulator.ca_file
    assert.equal("trusted", call("CURL_CA_BUNDLE" .. file))
    assert.equal("trusted", call("SSL_CERT_FILE" .. file))
    assert.equal("trusted",
      call("CURL_CA_BUNDLE" .. file .. " SSL_CERT_FILE=/nonexistent"))
    assert.matches("^nil .*PEER_FAILED", call("env"))
  end)

  it("give way to the code, and to env = false", function()
    local file = "CURL_CA_BUNDLE=" .. emulator.ca_file
    assert.matches("^nil .*ca_file can name others",
      call(file, "env = false"))
    assert.matches("^nil .*foreign", call(file, ("ca_file = %q"):format(
      emulator.foreign_ca_file)))
    assert.equal("trusted", call("CURL_CA_BUNDLE=/nonexistent",
      ("ca_file = %q"):format(emulator.ca_file)))
  end)

  it("are named by their variable when they cannot be used", function()
    for _, variable in ipairs({ "CURL_CA_BUNDLE", "SSL_CERT_FILE" }) do
      assert.matches("^" .. variable .. " .*%(ca_file is from " .. variable
        .. "%)", call(variable .. "=/nonexistent"))
    end
    assert.matches("^CURL_CA_BUNDLE .*ca_file can name others %(ca_file is "
      .. "from CURL_CA_BUNDLE%)",
      call("CURL_CA_BUNDLE=" .. emulator.foreign_ca_file))
  end)
end)


describe("a credential that cannot be sent", function()
  local function call(variables, options)
    return (fixtures.run(("%s LUA_PATH=%s LUA_CPATH=%s %s -e %s"):format(
      variables, fixtures.quote(package.path), fixtures.quote(package.cpath),
      os.getenv("GCTOKENS_LUA") or "lua5.4", fixtures.quote(([[
        local _, err = require("gctokens").new(%s):get_tokens_me()
        io.write(err.kind, " ", err.option, " ", tostring(err.origin), " ",
          err.message)
      ]]):format(options or "{}")))))
  end

  it("is named by its variable", function()
    assert.matches("^argument access_token GENESYSCLOUD_ACCESS_TOKEN .*"
      .. "%(access_token is from GENESYSCLOUD_ACCESS_TOKEN%)$",
      call("GENESYSCLOUD_ACCESS_TOKEN='Bearer hunter2'"))
    assert.matches("^auth client_id GENESYSCLOUD_OAUTHCLIENT_ID .*"
      .. "%(client_id is from GENESYSCLOUD_OAUTHCLIENT_ID%)$",
      call("GENESYSCLOUD_OAUTHCLIENT_ID='a:b' "
        .. "GENESYSCLOUD_OAUTHCLIENT_SECRET=hunter2"))
    assert.matches("^auth client_secret GENESYSCLOUD_OAUTHCLIENT_SECRET ",
      call("GENESYSCLOUD_OAUTHCLIENT_ID=a "
        .. "GENESYSCLOUD_OAUTHCLIENT_SECRET=\"$(printf 'hunter\\t2\\001')\""))
  end)

  it("is named by its option, or by its function", function()
    assert.matches("^argument access_token nil .*access_token is not a bearer",
      call("env", '{ access_token = "hunter 2" }'))
    assert.matches("^argument access_token the access_token function ",
      call("env", '{ access_token = function() return "hunter 2" end }'))
  end)

  it("of one call is not blamed on the client's", function()
    local output = fixtures.script([[
      local client = require("gctokens").new({
        access_token = function() return "x" end,
      })
      local _, err = client:get_tokens_me({ access_token = "hunter 2" })
      io.write(tostring(err.origin), " ", err.reason)
    ]])
    assert.matches("^nil access_token is not a bearer token", output)
  end)
end)

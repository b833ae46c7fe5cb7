-- Which domain a region's name means, and which names are refused.

local regions = require("gctokens.regions")


describe("gctokens.regions", function()
  it("knows all 18 regions", function()
    local count = 0
    for _ in pairs(regions.domains) do
      count = count + 1
    end
    assert.equal(18, count)
  end)

  it("takes every region with - or _, in any case", function()
    for name, domain in pairs(regions.domains) do
      assert.equal(domain, regions.resolve(name))
      assert.equal(domain, regions.resolve((name:gsub("-", "_"))))
      assert.equal(domain, regions.resolve(name:upper()))
    end
  end)

  it("takes a bare domain and the URLs that people copy", function()
    for _, text in ipairs({
      "mypurecloud.ie", "MyPureCloud.IE", "api.mypurecloud.ie",
      "login.mypurecloud.ie", "https://api.mypurecloud.ie",
      "https://login.mypurecloud.ie/", "https://apps.mypurecloud.ie",
    }) do
      assert.equal("mypurecloud.ie", regions.resolve(text))
    end
  end)

  it("takes one word off a host, and no more", function()
    assert.equal("login.example.com",
      regions.resolve("https://api.login.example.com"))
    assert.equal("api.example.com", regions.resolve("api.api.example.com"))
  end)

  it("takes domains of regions that did not exist yet", function()
    assert.equal("xyz9.pure.cloud", regions.resolve("xyz9.pure.cloud"))
  end)

  it("refuses a domain that is nearly one of Genesys'", function()
    for text, meant in pairs({
      ["mypurecloud.co"] = "mypurecloud.com",
      ["mypurecloud.con"] = "mypurecloud.com",
      ["mypureclould.de"] = "mypurecloud.de",
      ["https://api.mypurecloud.om.au"] = "mypurecloud.com.au",
      ["usw2.pure.clod"] = "usw2.pure.cloud",
      ["usw2pure.cloud"] = "usw2.pure.cloud",
    }) do
      local domain, message = regions.resolve(text)
      assert.is_nil(domain)
      assert.matches("did you mean \"" .. meant:gsub("%p", "%%%0") .. "\"",
        message)
    end
    for _, text in ipairs({
      "usw3.pure.cloud", "use3.us-gov-pure.cloud", "mypurecloud.example.com",
    }) do
      assert.equal(text, regions.resolve(text))
    end
  end)

  it("refuses anything that a token must not be sent to", function()
    for _, text in ipairs({
      "", "us-east-9", "localhost", "http://mypurecloud.ie", "a..b", ".a.b",
      "a.b.", "-a.b", "a-.b", "evil.com/mypurecloud.com", "user@evil.com",
      "evil.com:80", "evil.com?x", "evil.com#x", "a b.com", "a\nb.com",
      "ftp://a.b", ("a"):rep(64) .. ".com", ("a."):rep(130) .. "com",
    }) do
      local domain, message = regions.resolve(text)
      assert.is_nil(domain, text)
      assert.is_string(message)
    end
  end)

  it("shows nothing that might be a secret", function()
    local secret = ("d8ZI4uFkpgqGlpklaPCA_cP1K0FT9kT1GFOSJzIp_CU"):sub(1, 43)
    local _, message = regions.resolve(secret)
    assert.equal("the value is neither an AWS region name nor a domain",
      message)
    _, message = regions.resolve(("/"):rep(1000000) .. "x")
    assert.is_true(#message < 100)
  end)

  it("says where any other URL belongs", function()
    for _, url in ipairs({
      "http://127.0.0.1:8090", "https://127.0.0.1:8443", "https://localhost",
      "HTTP://api.mypurecloud.ie",
    }) do
      local domain, message = regions.resolve(url)
      assert.is_nil(domain)
      assert.matches(" (base_url takes other URLs)", message, 1, true)
    end
  end)

  it("suggests what was probably meant", function()
    local _, message = regions.resolve("us-eats-1")
    assert.not_matches("base_url", message)
    assert.matches('did you mean "us%-east%-1"', message)
    _, message = regions.resolve("EU_WEST_3")
    assert.matches('did you mean "eu%-west%-[12]"', message)
    _, message = regions.resolve("somewhere")
    assert.not_matches("did you mean", message)
  end)
end)

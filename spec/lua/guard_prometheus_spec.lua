-- How the guard's metrics classify calls to Genesys.

local errors = require("gctokens.errors")
local prometheus = require("gctokens.guard.status.prometheus")


describe("the class of a call", function()
  local function class_of(kind, status)
    return prometheus.class(
      errors.new(kind, "get_tokens_me", "why", { status = status }))
  end

  it("is 2xx where there is no error", function()
    assert.equal("2xx", prometheus.class(nil))
  end)

  it("is the response's status, where that has a series, or its hundreds",
    function()
      for status, class in pairs({
        [302] = "3xx", [400] = "4xx", [401] = "401", [403] = "4xx",
        [429] = "429", [500] = "5xx", [503] = "5xx",
      }) do
        assert.equal(class, class_of("api", status))
      end
    end)

  it("is the kind of the error, where there is no response of the API",
    function()
      for _, kind in ipairs({
        "transport", "timeout", "tls", "proxy", "protocol",
      }) do
        assert.equal(kind, class_of(kind, kind == "protocol" and 200 or nil))
      end
    end)

  it("is other for all else", function()
    assert.equal("other", class_of("argument"))
    assert.equal("other", class_of("closed"))
    assert.equal("other", class_of("api", 600))
  end)

  it("is counted by a name of the metrics", function()
    local names = {}
    for _, name in ipairs(prometheus.names) do
      names[name] = true
    end
    for _, class in ipairs({ "2xx", "401", "queued", "other" }) do
      assert.is_true(names[prometheus.call(class)], class)
    end
  end)
end)

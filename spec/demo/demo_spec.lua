--- The demo runs, and shows what it should.

local fixtures = require("spec.support.fixtures")


describe("make demo #once", function()
  local output, code

  setup(function()
    output, code = fixtures.run("make --no-print-directory demo")
  end)

  it("shows every operation and exits with 0", function()
    assert.equal(0, code, output)
    for _, name in ipairs({
      "get_tokens_me", "head_tokens_me", "get_tokens_timeout",
      "put_tokens_timeout", "delete_token", "delete_tokens_me",
    }) do
      assert.matches("client:" .. name .. "%(", output)
    end
  end)

  it("shows an error that is retried, and one that is not", function()
    assert.matches("attempt 1: 503[^\n]*again in 1[^\n]*\n%s*attempt 2: 200",
      output)
    assert.matches("attempt 1: 403 in [%d.]+ ms\n%s*%-> nil", output)
  end)

  it("shows a fleet ask once, and forget everywhere", function()
    assert.matches("so far: 1\n.*http://two/who\n%s*HTTP/1.1 200.-so far: 1\n"
      .. ".*guard:revoke.-http://two/who\n%s*HTTP/1.1 401", output)
  end)

  it("shows the guard allow, deny, forbid and fail closed",
    function()
      for _, answer in ipairs({
        "AGENT\" http://[%d.:]+/api/\n%s*HTTP/1.1 200 OK\n"
          .. "%s*the application was asked by organization %x",
        "curl %-i http://[%d.:]+/api/\n%s*HTTP/1.1 401",
        "UNKNOWN\" http://[%d.:]+/api/\n%s*HTTP/1.1 401[^$]-invalid_token",
        "AGENT\" http://[%d.:]+/admin/\n%s*HTTP/1.1 403[^$]-"
          .. "insufficient_scope",
        "ADMIN\" http://[%d.:]+/admin/\n%s*HTTP/1.1 200",
        "SUPERVISOR\" http://[%d.:]+/api/\n%s*HTTP/1.1 503[^$]-Retry%-After",
      }) do
        assert.matches(answer, output)
      end
    end)

  it("leaves nothing running", function()
    for url in output:gmatch("http://127%.0%.0%.1:%d+") do
      assert.equal("000",
        (fixtures.run("curl -s -o /dev/null -w '%{http_code}' " .. url)))
    end
  end)
end)

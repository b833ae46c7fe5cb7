-- Parts of texts that may be a token: the short way of reading them finds what
-- the long one does.

local token_parts = require("gctokens.guard.request.token_parts")


-- Texts of those pieces, the same ones in every run.
local function each_text(pieces, count, visit)
  local state = 1
  local function draw(most)
    state = (state * 16807) % 2147483647
    return state % most + 1
  end
  for _ = 1, count do
    local parts = {}
    for i = 1, draw(9) do
      parts[i] = pieces[draw(#pieces)]
    end
    visit(table.concat(parts))
  end
end


describe("the parts of a text", function()
  it("are read alike with and without a search for other spellings",
    function()
      local seen = {}
      each_text({
        "id", "id=", "id=tok", ";", "; ", " ", "\t", "=", '"', "x", "xid=tok",
        "ID=", "; id=tok", ";id=t k;", 'id="tok"', "\255", "\0",
      }, 50000, function(text)
        local function read(is_encoded)
          return token_parts.read(
            text, ";", "id", token_parts.parse_cookie, is_encoded)
        end
        local token, problem = read(false)
        local expected, expected_problem = read(true)
        assert.equal(expected, token, text)
        assert.equal(expected_problem, problem, text)
        seen[problem or "found"] = true
      end)
      assert.same({
        found = true, missing = true, invalid_request = true,
      }, seen)
    end)

  it("are gone when they are taken out, and nothing else", function()
    each_text({
      "id=tok", ";", "; ", "a=b", ";c", " ", "=", '"', ' id = "tok" ;',
    }, 10000, function(text)
      local rest =
        token_parts.without(text, ";", "id", token_parts.parse_cookie)
      local _, problem =
        token_parts.read(rest or text, ";", "id", token_parts.parse_cookie)
      assert.equal("missing", problem, text)
      local others = {}
      for _, part in ipairs(token_parts.split(text, ";")) do
        if token_parts.parse_cookie(part) ~= "id" then
          others[#others + 1] = part
        end
      end
      assert.equal(table.concat(others, ";"), rest or text)
    end)
  end)
end)

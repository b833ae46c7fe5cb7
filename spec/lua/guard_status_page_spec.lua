-- The pieces of the status page: texts, lines, and the page itself.

local sparkline = require("gctokens.guard.status.sparkline")
local status_page = require("gctokens.guard.status.page")
local text_format = require("gctokens.guard.status.text_format")

local HOSTILE = [[<script>alert("1")</script>&'"]]


-- Whether every element that is opened is closed, in its order.
local function assert_well_formed(html)
  local VOID = { meta = true, link = true, wbr = true }
  local open = {}
  html = html:gsub("<!doctype html>", ""):gsub("<style.-</style>", "")
  for slash, name, rest in html:gmatch("<(/?)(%w+)(.-)>") do
    if slash == "/" then
      assert.equal(name, table.remove(open))
    elseif not VOID[name] and rest:sub(-1) ~= "/" then
      open[#open + 1] = name
    end
  end
  assert.same({}, open)
end


describe("texts of the page", function()
  local function assert_texts(name, cases)
    for value, text in pairs(cases) do
      assert.equal(text, text_format[name](value))
    end
  end

  it("escape what HTML and SVG would take for markup", function()
    assert.equal("&lt;a b=&quot;c&quot;&gt; &amp;amp; &#39;",
      text_format.escape([[<a b="c"> &amp; ']]))
  end)

  it("separate thousands", function()
    assert_texts("count", {
      [0] = "0", [7.9] = "7", [999] = "999", [1000] = "1,000",
      [123456] = "123,456", [1234567890] = "1,234,567,890",
    })
  end)

  it("show rates as exactly as makes sense", function()
    assert_texts("rate", {
      [0] = "0", [0.067] = "0.067", [8.25] = "8.25", [99.96] = "100",
      [1234.5] = "1,235",
    })
  end)

  it("show no share as all or nothing that is not", function()
    assert_texts("percent", {
      [0] = "0 %", [0.0001] = "< 0.1 %", [0.001] = "0.1 %", [0.5] = "50 %",
      [0.973] = "97.3 %", [0.9999] = "> 99.9 %", [1] = "100 %",
    })
  end)

  it("show times", function()
    assert_texts("duration", {
      [0.004] = "4 ms", [0.0999] = "100 ms", [0.25] = "0.25 s",
      [2.5] = "2.5 s", [12.4] = "12 s",
    })
    assert_texts("age", {
      [0] = "now", [0.9] = "now", [59.9] = "59 s", [60] = "1 min",
      [7199] = "1 h", [1e6] = "11 d",
    })
  end)

  it("show amounts of memory", function()
    assert_texts("bytes", {
      [0] = "0 B", [512] = "512 B", [1024] = "1 KiB", [524288] = "512 KiB",
      [2411725] = "2.3 MiB", [10485760] = "10 MiB", [2 ^ 40] = "1 TiB",
    })
  end)
end)


describe("a line", function()
  local function path_of(values)
    return sparkline.svg(values, "label"):match('class="line" d="(.-)"')
  end

  it("reaches from the left to the right, and to its highest value",
    function()
      assert.equal("M0 30L80 2L160 16", path_of({ 0, 10, 5 }))
    end)

  it("is at the bottom where there was nothing", function()
    assert.equal("M0 30L160 30", path_of({ 0, 0 }))
  end)

  it("has gaps where there are no numbers", function()
    assert.equal("M0 2L40 2M120 2L160 2", path_of({ 1, 1, false, 1, 1 }))
  end)

  it("shows a lone value as a dash", function()
    assert.equal("M78.5 2h3", path_of({ false, 4, false }))
    assert.equal("M-1.5 2h3", path_of({ 4 }))
    assert.equal("", path_of({}))
  end)

  it("has a name for those who cannot see it", function()
    local svg = sparkline.svg({ 1 }, HOSTILE)
    assert.matches('role="img"', svg)
    assert.equal(text_format.escape(HOSTILE), svg:match("<title>(.-)</title>"))
    assert.is_nil(svg:find("<script", 1, true))
  end)
end)


describe("the page", function()
  local function entries(names)
    local list = {}
    for i, name in ipairs(names) do
      list[i] = {
        name = name, count = i - 1, share = 0.1, per_second = { 0, i },
      }
    end
    return list
  end

  -- `changes` replace groups of facts.
  local function facts_of(changes)
    local facts = {
      version = "1.2.3", api = "https://api.example", workers = 1,
      state = "ok", time = "2025-11-29T20:00:00Z",
      window = { seconds = 600, step = 15 },
      requests = {
        total = 3, per_second = 0.5,
        outcomes = entries({ "allowed", "unavailable", "invalid_token" }),
      },
      lookups = { total = 0, layers = entries({ "l1", "miss" }) },
      calls = {
        total = 0, classes = entries({ "2xx" }),
        seconds = { p95_by_step = { false, false } },
      },
      breaker = { open = false },
      dict = {
        capacity_bytes = 1048576, free_bytes = 524288, evictions = 0,
        not_stored = 0, tokens = 1234, tokens_are_estimated = false,
      },
      refusals = {},
    }
    for name, value in pairs(changes or {}) do
      facts[name] = value
    end
    return facts
  end

  local function html_of(changes, options)
    return status_page.html(facts_of(changes), options or { nonce = "n0nce" })
  end

  it("is well-formed, whatever it shows", function()
    assert_well_formed(html_of())
    assert_well_formed(html_of({
      state = "breaker_open", breaker = { open = true, retry_after = 3 },
      calls = {
        total = 5, classes = entries({ "2xx", "401", "5xx" }),
        seconds = { p50 = 0.1, p95 = 2.5, p95_by_step = { 0.1, false, 2.5 } },
      },
      refusals = { { time = "2025-11-29T19:59:50Z", age = 10,
        reason = "invalid_token", token = "0a1b2c3d" } },
    }))
  end)

  it("takes no fact for markup", function()
    local html = html_of({
      version = HOSTILE, api = HOSTILE, time = HOSTILE,
      requests = { total = 1, per_second = 1, outcomes = entries({ HOSTILE }) },
      lookups = { total = 1, layers = entries({ HOSTILE }) },
      calls = {
        total = 1, classes = entries({ "2xx", HOSTILE }),
        seconds = { p95_by_step = {} },
      },
      refusals = {
        { time = HOSTILE, age = 1, reason = HOSTILE, token = HOSTILE },
      },
    })
    assert_well_formed(html)
    assert.is_nil(html:find("<script", 1, true))
    assert.is_nil(html:find('alert("1")', 1, true))
  end)

  it("has no script, no style attribute and nothing from elsewhere",
    function()
      local html = html_of()
      assert.is_nil(html:find("<script", 1, true))
      assert.is_nil(html:find(" style=", 1, true))
      assert.is_nil(html:find(" on%l+="))
      for _, attribute in ipairs({ "src", "href" }) do
        for url in html:gmatch(" " .. attribute .. '="(.-)"') do
          assert.truthy(url:find("^[?]") or url:find("^data:image/svg"), url)
        end
      end
      assert.equal("n0nce", html:match('<style nonce="(.-)">'))
    end)

  it("says in words how the guard does", function()
    for state, text in pairs({
      ok = "● Tokens are verified", degraded = "▲ Some requests",
      breaker_open = "■ The circuit breaker is open",
    }) do
      local html = html_of({ state = state })
      assert.truthy(html:match("<title>(.-)</title>"):find(text, 1, true))
      assert.truthy(html:find('class="state ' .. state .. '"', 1, true))
    end
  end)

  it("says when Genesys is called next", function()
    assert.truthy(html_of({
      breaker = { open = true, retry_after = 3 },
    }):find("next call in 3 s", 1, true))
  end)

  it("dashes lines of trouble, and quietens those of nothing", function()
    local html = html_of()
    assert.matches('<tr class="trouble"><th scope="row">unavailable<', html)
    assert.matches('<tr class="none"><th scope="row">allowed<', html)
    assert.matches('<tr><th scope="row">invalid_<wbr>token<', html)
  end)

  it("says which number of tokens is an estimate", function()
    assert.is_nil(html_of():find("≈", 1, true))
    local dict = facts_of().dict
    dict.tokens_are_estimated = true
    local html = html_of({ dict = dict })
    assert.truthy(html:find("≈ 1,234", 1, true))
    assert.truthy(html:find("Tokens, estimated", 1, true))
  end)

  it("refreshes itself, unless it is stopped", function()
    assert.matches('<meta http%-equiv="refresh" content="10">', html_of())
    local stopped = html_of(nil, { nonce = "n", is_paused = true })
    assert.is_nil(stopped:find('http-equiv="refresh"', 1, true))
    assert.truthy(stopped:find('<a href="?">Refresh again</a>', 1, true))
  end)

  it("tells of the fleet, where there is one", function()
    assert.is_nil(html_of():find("Fleet", 1, true))
    local html = html_of({
      fleet = { reachable = true, machines = 3, poll_age = 0.25 },
    })
    assert_well_formed(html)
    assert.truthy(html:find("<h2>Fleet</h2>", 1, true))
    assert.truthy(html:find("reached", 1, true))
    local lost = html_of({ fleet = { reachable = false, machines = 0 } })
    assert.truthy(lost:find("asks for itself", 1, true))
    assert.truthy(lost:find("never", 1, true))
  end)
end)

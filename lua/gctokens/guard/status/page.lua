--- The status page: HTML of the facts of status.lua, and of nothing else. It
-- has no script, and asks for nothing.

local sparkline = require("gctokens.guard.status.sparkline")
local style = require("gctokens.guard.status.style")
local text_format = require("gctokens.guard.status.text_format")

local escape, count, percent =
  text_format.escape, text_format.count, text_format.percent
local duration = text_format.duration


local REFRESH = 10 -- seconds

local STATES = {
  ok = { sign = "●", color = "%23136c34", text = "Tokens are verified" },
  degraded = {
    sign = "▲", color = "%238a4b00",
    text = "Some requests of the last minute could not be verified",
  },
  breaker_open = {
    sign = "■", color = "%23b3261e",
    text = "The circuit breaker is open: Genesys is not asked",
  },
}

-- Outcomes and calls whose lines are dashed: of trouble, not of bad tokens.
local IS_TROUBLE = {
  unavailable = true, rate_limited = true, fail_open = true, spoofed = true,
  ["429"] = true, ["5xx"] = true, protocol = true, transport = true,
  timeout = true, tls = true, proxy = true, queued = true, other = true,
}


local status_page = {}


-- ---- pieces ----------------------------------------------------------------

-- All texts are escaped where they are put in.
local function cell(content, class)
  return ("<td%s>%s</td>"):format(
    class and (' class="' .. class .. '"') or "", content)
end


local function number(content)
  return cell(escape(content), "number")
end


-- Names of several words may be broken between them.
local function name_of(name)
  return (escape(name):gsub("_", "_<wbr>"))
end


local function row_class(entry)
  if entry.count == 0 then
    return ' class="none"'
  end
  return IS_TROUBLE[entry.name] and ' class="trouble"' or ""
end


-- A row for each entry: its name, a picture, count and share.
local function rows_of(entries, picture)
  local rows = {}
  for i, entry in ipairs(entries) do
    rows[i] = ('<tr%s><th scope="row">%s</th>%s%s%s</tr>'):format(
      row_class(entry), name_of(entry.name),
      cell(picture(entry), "picture"), number(count(entry.count)),
      number(percent(entry.share)))
  end
  return table.concat(rows, "\n")
end


local function table_of(heads, rows)
  local cells = {}
  for i, head in ipairs(heads) do
    cells[i] = head[1] == "" and "<td></td>"
      or ('<th scope="col"%s>%s</th>'):format(
        head.is_number and ' class="number"' or "", escape(head[1]))
  end
  return ("<table><thead><tr>%s</tr></thead>\n<tbody>%s</tbody></table>")
    :format(table.concat(cells), rows)
end


local function heads(name, picture, counted)
  return {
    { name }, { picture }, { counted, is_number = true },
    { "share", is_number = true },
  }
end


local function section(title, note, content)
  return ('<section><h2>%s</h2>\n<p class="quiet small">%s</p>\n%s</section>')
    :format(escape(title), escape(note), content)
end


local function bar(share)
  return ('<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" '
    .. 'aria-hidden="true"><rect class="track" width="100" height="8"/>'
    .. '<rect class="fill" width="%.4g" height="8"/></svg>'):format(share * 100)
end


-- A list of {term, figure, note}; without a note, the figure stands alone.
local function terms(class, list)
  local items = {}
  for i, item in ipairs(list) do
    items[i] = ('<div><dt>%s</dt><dd class="figure">%s</dd>%s</div>'):format(
      escape(item[1]), escape(item[2]),
      item[3] and ('<dd class="quiet small">' .. escape(item[3]) .. "</dd>")
        or "")
  end
  return ('<dl class="%s">%s</dl>'):format(class, table.concat(items, "\n"))
end


local function minutes(seconds)
  return ("%d minutes"):format(seconds / 60)
end


-- ---- sections --------------------------------------------------------------

-- A line of what happened a second, for those who see it and who do not.
local function rate_line(entry)
  local values = entry.per_second
  return sparkline.svg(values, ("%s: at most %s a second, %s at last"):format(
    entry.name, text_format.rate(sparkline.highest(values)),
    text_format.rate(values[#values])))
end


local function share_bar(entry)
  return bar(entry.share)
end


local function seconds_or_none(seconds)
  return seconds and duration(seconds) or "–"
end


local function tiles(facts)
  local requests, breaker = facts.requests, facts.breaker
  local allowed = requests.outcomes[1]
  local lookups, dict = facts.lookups, facts.dict
  return terms("tiles", {
    { "Requests a second", text_format.rate(requests.per_second),
      "last minute" },
    { "Let through", requests.total > 0 and percent(allowed.share) or "–",
      ("of %s"):format(count(requests.total)) },
    { "Hit ratio", lookups.hit_ratio and percent(lookups.hit_ratio) or "–",
      "l1, l2 and negative" },
    { "Genesys answers in", seconds_or_none(facts.calls.seconds.p95),
      "95th percentile" },
    { "Circuit breaker", breaker.open and "open" or "closed",
      breaker.open and "next call in " .. duration(breaker.retry_after)
        or "calls are made" },
    { "Tokens known",
      (dict.tokens_are_estimated and "≈ " or "") .. count(dict.tokens),
      ("%s of memory free"):format(
        percent(dict.free_bytes / dict.capacity_bytes)) },
  })
end


local function requests_section(facts)
  return section("Requests by outcome",
    ("The last %s, up to now. Each line has its own scale."):format(
      minutes(facts.window.seconds)),
    table_of(heads("outcome", "a second", "requests"),
      rows_of(facts.requests.outcomes, rate_line)))
end


local function lookups_section(facts)
  return section("Verdicts by where they came from",
    ("The last %s. A miss waits for Genesys."):format(
      minutes(facts.window.seconds)),
    table_of(heads("layer", "", "verdicts"),
      rows_of(facts.lookups.layers, share_bar)))
end


local function calls_section(facts)
  local calls = facts.calls
  local seconds, seen = calls.seconds, {}
  for _, entry in ipairs(calls.classes) do
    if entry.count > 0 then
      seen[#seen + 1] = entry
    end
  end
  local p95 = seconds.p95_by_step
  return section("Calls to Genesys",
    ("The last %s, by status or kind of error."):format(
      minutes(facts.window.seconds)),
    (seen[1] and table_of(heads("response", "a second", "calls"),
      rows_of(seen, rate_line))
      or "<p>No calls.</p>")
    .. terms("pairs", {
      { "Median", seconds_or_none(seconds.p50) },
      { "95th percentile", seconds_or_none(seconds.p95) },
    })
    .. (sparkline.highest(p95) > 0 and sparkline.svg(p95,
      ("95th percentile: at most %s"):format(
        duration(sparkline.highest(p95)))) or ""))
end


local function memory_section(facts)
  local dict = facts.dict
  local used = dict.capacity_bytes - dict.free_bytes
  return section("Shared memory",
    ("%s in use of %s."):format(text_format.bytes(used),
      text_format.bytes(dict.capacity_bytes)),
    bar(used / dict.capacity_bytes) .. terms("pairs", {
      { "Free", text_format.bytes(dict.free_bytes) },
      { "Writes that evicted", count(dict.evictions) },
      { "Not stored", count(dict.not_stored) },
      { dict.tokens_are_estimated and "Tokens, estimated" or "Tokens",
        count(dict.tokens) },
    }))
end


-- Nothing for a guard that is alone.
local function fleet_section(facts)
  local fleet = facts.fleet
  if not fleet then
    return ""
  end
  return section("Fleet",
    fleet.reachable and "Its Redis can be reached."
      or "Its Redis cannot be reached: this machine asks for itself.",
    terms("pairs", {
      { "Redis", fleet.reachable and "reached" or "lost" },
      { "Machines", count(fleet.machines) },
      { "Marks read", fleet.poll_age
        and duration(fleet.poll_age) .. " ago" or "never" },
    }))
end


local function refusals_section(facts)
  local rows = {}
  for i, refusal in ipairs(facts.refusals) do
    rows[i] = ('<tr>%s%s<th scope="row">%s</th>%s</tr>'):format(
      cell(escape(refusal.time:match("T(.*)Z$") or "")),
      number(text_format.age(refusal.age)), name_of(refusal.reason),
      cell(refusal.token and ("<code>%s</code>"):format(
        escape(refusal.token)) or "–"))
  end
  return section("Latest refusals",
    "Tokens are named by eight digits of their hash, as in the log.",
    rows[1] and table_of({
      { "time (UTC)" }, { "ago", is_number = true }, { "reason" },
      { "token" },
    }, table.concat(rows, "\n")) or "<p>None.</p>")
end


-- In two columns where there is room. Each makes a section of the facts.
local COLUMNS = {
  { requests_section, lookups_section },
  { calls_section, memory_section, fleet_section, refusals_section },
}


local function columns(facts)
  local all = {}
  for i, makers in ipairs(COLUMNS) do
    local sections = {}
    for j, make in ipairs(makers) do
      sections[j] = make(facts)
    end
    all[i] = ("<div>\n%s\n</div>"):format(table.concat(sections, "\n"))
  end
  return table.concat(all, "\n")
end


-- ---- the page --------------------------------------------------------------

local PAGE = [[
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
%s<title>%s</title>
<link rel="icon" href="data:image/svg+xml,%s">
<style nonce="%s">
%s</style>
</head>
<body>
<header>
<div><h1>Token guard</h1><p class="quiet">%s</p></div>
<p class="state %s"><span aria-hidden="true">%s</span> %s</p>
</header>
%s
<main>
%s
</main>
<footer class="quiet small">
<p>gctokens %s, %s</p>
<p>%s</p>
<p><a href="?format=json">the same as JSON</a></p>
</footer>
</body>
</html>
]]

local ICON = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'>"
  .. "<circle cx='4' cy='4' r='4' fill='%s'/></svg>"


-- When it is from, and whether another one follows.
local function freshness(facts, is_paused)
  local time = escape(facts.time:gsub("[TZ]", " ")) .. "UTC"
  if is_paused then
    return ('As of %s. <a href="?">Refresh again</a>'):format(time)
  end
  return ('As of %s, again every %d s. <a href="?refresh=off">Stop</a>')
    :format(time, REFRESH)
end


---@param facts table of status.lua
---@param options { nonce: string, is_paused: boolean? } the nonce of the style
---  sheet; whether the page does not refresh itself
---@return string html
function status_page.html(facts, options)
  local state = STATES[facts.state]
  local refresh = options.is_paused and ""
    or ('<meta http-equiv="refresh" content="%d">\n'):format(REFRESH)
  return PAGE:format(
    refresh,
    escape(("%s %s - guard"):format(state.sign, state.text)),
    escape(ICON:format(state.color)),
    escape(options.nonce), style,
    escape(facts.api), facts.state, state.sign, escape(state.text),
    tiles(facts), columns(facts),
    escape(facts.version),
    facts.workers == 1 and "1 worker" or facts.workers .. " workers",
    freshness(facts, options.is_paused))
end


return status_page

--- Output of the demo: calls, attempts, and results.

local show = {}

local INDENT = "    "


-- A value as Lua source, with the keys in order.
local function format(value, indent)
  if type(value) ~= "table" then
    return type(value) == "string" and ("%q"):format(value) or tostring(value)
  end
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  if #keys == 0 then
    return "{}"
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  local lines = {}
  for _, key in ipairs(keys) do
    local name = type(key) == "string" and key .. " = " or ""
    lines[#lines + 1] = ("%s  %s%s,"):format(
      indent, name, format(value[key], indent .. "  "))
  end
  return ("{\n%s\n%s}"):format(table.concat(lines, "\n"), indent)
end


--- A heading.
function show.heading(text)
  print(("\n== %s"):format(text))
end


--- One attempt: an event of on_attempt.
function show.attempt(event)
  local result = event.status or event.cause
  local pause = event.pause
    and (", again in %.2f s"):format(event.pause) or ""
  print(("%sattempt %d: %s in %.1f ms%s"):format(
    INDENT, event.attempt, result, event.seconds * 1000, pause))
end


--- A line of source: a call, or a directive of nginx.
function show.code(text)
  print(("  %s"):format(text))
end


-- Headers that are left out.
local USUAL_HEADERS = {
  server = true, date = true, connection = true,
  ["content-type"] = true, ["content-length"] = true,
  ["transfer-encoding"] = true,
}


--- The output of curl -i, without the usual headers.
function show.response(text)
  for line in text:gsub("\r", ""):gmatch("[^\n]+") do
    local name = line:match("^([%w-]+):")
    if not name or not USUAL_HEADERS[name:lower()] then
      print(INDENT .. line)
    end
  end
end


--- The result or the error of a call.
function show.result(result, err)
  if err then
    print(("%s-> nil, an error of kind %q:\n%s   %s"):format(
      INDENT, err.kind, INDENT, tostring(err)))
  else
    print(("%s-> %s"):format(INDENT, format(result, INDENT)))
  end
end


return show

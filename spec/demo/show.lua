--- Printing for the demo: calls, what came back, and what happened between.

local show = {}

local INDENT = "    "


-- Values as Lua writes them, keys in order.
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


function show.heading(text)
  print(("\n== %s"):format(text))
end


--- One attempt, as on_attempt tells it.
function show.attempt(event)
  local answer = event.status or event.cause
  local pause = event.pause
    and (", again in %.2f s"):format(event.pause) or ""
  print(("%sattempt %d: %s in %.1f ms%s"):format(
    INDENT, event.attempt, answer, event.seconds * 1000, pause))
end


function show.call(text)
  print(("  %s"):format(text))
end


function show.text(text)
  print("  " .. text)
end


-- What the eye would skip.
local DULL = {
  server = true, date = true, connection = true,
  ["content-type"] = true, ["content-length"] = true,
  ["transfer-encoding"] = true,
}


--- What curl -i printed, without the usual headers.
function show.response(text)
  for line in text:gsub("\r", ""):gmatch("[^\n]+") do
    local name = line:match("^([%w-]+):")
    if not name or not DULL[name:lower()] then
      print(INDENT .. line)
    end
  end
end


--- What a call returned.
function show.result(result, err)
  if err then
    print(("%s-> nil, an error of kind %q:\n%s   %s"):format(
      INDENT, err.kind, INDENT, tostring(err)))
  else
    print(("%s-> %s"):format(INDENT, format(result, INDENT)))
  end
end


return show

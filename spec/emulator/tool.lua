-- What the emulator's shell scripts need and a shell lacks:
--
--   tool.lua fetch URL       prints what URL answers, once it does
--   tool.lua show FILE       prints an emulator.json as a table to be read

local socket = require "socket"

local ANSWER_WITHIN = 10 -- seconds
local commands = {}


function commands.fetch(arguments)
  local url = arguments[1]
  local http = require "socket.http"
  local deadline = socket.gettime() + ANSWER_WITHIN
  local body, status
  http.TIMEOUT = 1
  repeat
    body, status = http.request(url)
    if body and status == 200 then
      io.write(body, "\n")
      return
    end
    socket.sleep(0.02)
  until socket.gettime() > deadline
  error("no answer from " .. url .. ": " .. tostring(status), 0)
end


local function print_table(title, rows)
  local width = 0
  table.sort(rows, function(a, b)
    return a[1] < b[1]
  end)
  for _, row in ipairs(rows) do
    width = math.max(width, #row[1])
  end
  print("\n" .. title)
  for _, row in ipairs(rows) do
    local padding = string.rep(" ", width - #row[1])
    print("  " .. row[1] .. padding .. "  " .. table.concat(row, "  ", 2))
  end
end


function commands.show(arguments)
  local file = assert(io.open(arguments[1]))
  local seeds = require("cjson").decode(file:read("*a"))
  local tokens, users, clients = {}, {}, {}
  file:close()
  for name, token in pairs(seeds.tokens) do
    tokens[#tokens + 1] = { name, token }
  end
  for name, id in pairs(seeds.users) do
    users[#users + 1] = { name, id }
  end
  for name, client in pairs(seeds.clients) do
    clients[#clients + 1] = { name, client.id, client.secret }
  end
  print("HTTP     " .. seeds.http_url)
  print("HTTPS    " .. seeds.https_url)
  print("CA file  " .. seeds.ca_file)
  print("Refused  " .. seeds.expired_url .. " (expired)")
  print("         " .. seeds.wrong_host_url .. " (another host's)")
  print("         " .. seeds.foreign_url .. " (another CA's)")
  print_table("Access tokens", tokens)
  print_table("Users (id)", users)
  print_table("OAuth clients (id, secret)", clients)
  print(
    "\nTry\n  curl -H 'Authorization: Bearer " .. seeds.tokens.agent
      .. "' \\\n    " .. seeds.http_url .. "/api/v2/tokens/me\n"
  )
end


local command = commands[table.remove(arg, 1)]
if not command or not arg[1] then
  io.stderr:write("usage: tool.lua fetch URL | show FILE\n")
  os.exit(2)
end
local ok, message = pcall(command, arg)
if not ok then
  io.stderr:write("emulator: ", tostring(message), "\n")
  os.exit(1)
end

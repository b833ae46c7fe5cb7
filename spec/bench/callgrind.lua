--- Instructions that a peer's calls take, counted by valgrind. Nothing else on
--- the machine changes them, and start and end of the program cancel out.

local peers = require("spec.bench.peers")
local system = require("spec.support.system")

local callgrind = {}


--- Where an instruction can be: name, and patterns of the object files.
callgrind.parts = {
  { name = "gctokens' C", "/gctokens/core%.so$" },
  { name = "Lua", "/liblua[%d.]+%.so", "/lua[%d.]+$" },
  { name = "lua-cjson", "cjson" },
  { name = "libcurl", "/libcurl" },
  { name = "libc", "/libc%.so", "/libm%.so", "/ld%-linux" },
}

local OTHER = "other"


function callgrind.is_installed()
  return select(2, system.run("valgrind --version")) == 0
end


local function part_of(object)
  for _, part in ipairs(callgrind.parts) do
    for _, pattern in ipairs(part) do
      if object:find(pattern) then
        return part.name
      end
    end
  end
  return OTHER
end


--- The instructions of each part, of the text that callgrind writes. A line of
--- costs belongs to the object file named last ("ob=(number) path", later only
--- the number), but the one after "calls=", which repeats what the called
--- function's own lines say.
function callgrind.parse(text)
  local paths, counts = {}, {}
  local object, is_repeated = OTHER, false
  for line in text:gmatch("[^\n]+") do
    local kind, number, path = line:match("^(c?ob)=(%(%d+%)) ?(.*)$")
    if kind then
      paths[number] = path ~= "" and part_of(path) or paths[number]
      object = kind == "ob" and paths[number] or object
    elseif line:find("^calls=") then
      is_repeated = true
    else
      local count = line:match("^[%d+*-]%d* (%d+)$")
      if count and not is_repeated then
        counts[object] = (counts[object] or 0) + tonumber(count)
      end
      is_repeated = is_repeated and not count
    end
  end
  return counts
end


local function count(key, run, calls)
  local file = os.tmpname()
  local output, code = system.run(
    ("valgrind --tool=callgrind --callgrind-out-file=%s %s %s %s %d 1 %s")
      :format(file, peers[key].command, run.base_url, run.token, calls,
        run.work or ""))
  local text = system.read(file)
  os.remove(file)
  if code ~= 0 then
    error(("%s failed: %s"):format(peers[key].name, output))
  end
  return callgrind.parse(text)
end


--- Instructions a call of each part and of all ("total"): the difference of
--- two numbers of calls. `run`: base_url, token, calls, and maybe work.
function callgrind.measure(key, run)
  local few, many = count(key, run, run.calls), count(key, run, 3 * run.calls)
  local counts = { total = 0 }
  for name, instructions in pairs(many) do
    counts[name] = (instructions - (few[name] or 0)) / (2 * run.calls)
    counts.total = counts.total + counts[name]
  end
  return counts
end


return callgrind

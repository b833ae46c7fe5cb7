--- What was measured on: a list of name and value.

local system = require("spec.support.system")

local machine = {}


local COMMANDS = {
  { "processor", "sed -n 's/^model name.*: //p' /proc/cpuinfo" },
  { "processors", "nproc" },
  { "memory", "awk '/MemTotal/ { printf \"%.1f GiB\", $2 / 2^20 }' "
    .. "/proc/meminfo" },
  { "system", ". /etc/os-release && echo \"$PRETTY_NAME\"" },
  { "kernel", "uname -sr" },
  { "load", "cut -d ' ' -f 1-3 /proc/loadavg" },
  { "gctokens", "git describe --always --dirty" },
  { "compiler", "cc --version | head -n 1" },
  { "libcurl", "pkg-config --modversion libcurl" },
  { "Lua", "lua5.4 -v | cut -d ' ' -f 1,2" },
  { "LuaJIT", "luajit -v | cut -d ' ' -f 1,2" },
  { "nginx", "nginx -v 2>&1 | cut -d / -f 2" },
  { "curl", "curl --version | cut -d ' ' -f 1,2" },
  { "Node.js", "node --version" },
  { "JavaScript SDK", "sed -n 's/^ *\"version\": \"\\(.*\\)\".*/\\1/p' build/"
    .. "bench/node_modules/purecloud-platform-client-v2/package.json" },
  { "valgrind", "valgrind --version" },
}


--- What a command does not tell is left out.
function machine.describe()
  local facts = {}
  for _, command in ipairs(COMMANDS) do
    local output, code = system.run("PATH=$PATH:/usr/sbin; " .. command[2])
    local line = output:match("^%s*([^\n]+)")
    if code == 0 and line then
      facts[#facts + 1] = { name = command[1], value = line }
    end
  end
  return facts
end


return machine

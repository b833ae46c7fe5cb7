--- Starts a Prometheus on a free port of loopback, which scrapes one target
--- every second, and asks it by its HTTP API. It ends on its own after a while,
--- should a spec forget it.
--
--   local prometheus = require("spec.clients.support.prometheus")
--     .start({ target = "127.0.0.1:8080", path = "/metrics" })
--   local samples = prometheus:query("up")
--   prometheus:stop()
--
-- All functions raise on failure.

local cjson = require("cjson")
local http = require("socket.http")
local system = require("spec.support.system")
local url = require("socket.url")

local MOST_SECONDS = 120 -- that it runs

local CONFIGURATION = [[
global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files: [ %q ]
scrape_configs:
  - job_name: guard
    metrics_path: %q
    static_configs:
      - targets: [ %q ]
]]

local prometheus = {}
local Prometheus = {}
local mt = { __index = Prometheus }


local function log_of(self)
  return system.read(self.directory .. "/log") or ""
end


--- `options`: target, path, and rules, the path of a file of them.
function prometheus.start(options)
  local directory = system.make_directory()
  local rules = system.run("realpath " .. system.quote(options.rules))
  system.write(directory .. "/prometheus.yml", CONFIGURATION:format(
    rules:match("^[^\n]+"), options.path, options.target))
  local pid = system.run(
    ("cd %s && timeout -k 5 %d prometheus --config.file=prometheus.yml "
      .. "--storage.tsdb.path=data --web.listen-address=127.0.0.1:0 "
      .. "> log 2>&1 & echo $!"):format(directory, MOST_SECONDS))
    :match("^%d+")
  local self = setmetatable({ directory = directory, pid = pid }, mt)
  local is_ready = system.wait_until(function()
    local address = log_of(self):match('"Listening on" address=(%S+)')
    self.url = address and "http://" .. address
    return address and select(2, http.request(self.url .. "/-/ready")) == 200
  end)
  if not is_ready then
    error("Prometheus does not start: " .. log_of(self), 2)
  end
  return self
end


local function get(self, path)
  local body, status = http.request(self.url .. "/api/v1/" .. path)
  assert(status == 200, tostring(status) .. " " .. tostring(body))
  return cjson.decode(body).data
end


--- The samples of an expression: a list of {metric, value}, metric a table of
--- labels.
function Prometheus:query(expression)
  local samples = {}
  for i, sample in ipairs(
    get(self, "query?query=" .. url.escape(expression)).result) do
    samples[i] = {
      metric = sample.metric, value = tonumber(sample.value[2]),
    }
  end
  return samples
end


--- What it knows of its targets.
function Prometheus:targets()
  return get(self, "targets").activeTargets
end


--- What the target says about its metrics: name -> list of {type, help}.
function Prometheus:metadata()
  return get(self, "metadata")
end


function Prometheus:stop()
  system.run("kill " .. self.pid)
  local has_ended = system.wait_until(function()
    return not system.is_running(self.pid)
  end)
  assert(has_ended, "Prometheus does not end")
  system.remove_directory(self.directory)
end


return prometheus

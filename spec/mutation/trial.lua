--- Tries a mutant in a tree: writes it in place of the source, runs the
-- commands that should fail, and puts the source back.

local mutants = require("spec.mutation.mutants")
local system = require("spec.support.system")

local quote = system.quote


-- How long a command may take: some never end with a mutant.
local LEAST_LIMIT = 20 -- seconds
local LIMIT_PER_SECOND = 5 -- for each that it takes without a mutant
local FIRST_LIMIT = 1200 -- seconds, without a mutant

local KILL_AFTER = 5 -- seconds, what does not end when it is asked to
local TIMED_OUT = { [124] = true, [137] = true } -- exit codes of timeout(1)

-- As the C tests are compiled: what a compiler warns of is no mutant. The
-- optimiser leaves nothing of changes that mean nothing.
local COMPILE = "cc -std=c99 -D_DEFAULT_SOURCE -Wall -Wextra -Werror -O2 "
  .. "-Icsrc $(pkg-config --cflags lua5.4 libcurl) -S -o - "


local Trial = {}
local trial_metatable = { __index = Trial }

local trial = {}


--- `tree`: the folder that everything is done in. `group`: a file that tells,
--- while a command runs, which process group is to be ended with it.
function trial.new(tree, group)
  return setmetatable({
    tree = tree,
    group = group,
    limits = {}, -- command -> seconds, of those that pass without a mutant
    code = {}, -- file -> what is compiled of it without a mutant
  }, trial_metatable)
end


function Trial:path(file)
  return self.tree .. "/" .. file
end


-- Runs a command in the tree: output, exit code.
local function run(self, command, limit)
  local output, code = system.run(("cd %s && sh -c %s"):format(
    quote(self.tree),
    quote(("echo $$ > %s; exec timeout -k %d %d sh -c %s < /dev/null"):format(
      quote(self.group), KILL_AFTER, limit, quote(command)))))
  os.remove(self.group)
  return output, code
end


-- What a file is compiled to, or nil when it is not.
local function compiled(self, file)
  if file:find("%.lua$") then
    local chunk = loadfile(self:path(file))
    return chunk and string.dump(chunk, true)
  end
  local output, code = system.run(("cd %s && %s %s"):format(
    quote(self.tree), COMPILE, quote(file)))
  return code == 0 and output or nil
end


-- Code that only others use, a header's, is none by itself.
local function is_other_code(self, file, code)
  return code ~= nil and (code ~= self.code[file] or file:find("%.h$") ~= nil)
end


-- What a command may take. Raises when it fails without a mutant.
local function limit_of(self, command)
  if not self.limits[command] then
    local began = os.time()
    local output, code = run(self, command, FIRST_LIMIT)
    if code ~= 0 then
      error(("%s fails without a mutant:\n%s"):format(command, output), 0)
    end
    self.limits[command] = LEAST_LIMIT
      + LIMIT_PER_SECOND * os.difftime(os.time(), began)
  end
  return self.limits[command]
end


-- What became of a mutant: "killed", "timed out" or "survived".
local function verdict_of(self, path, source, changed, commands)
  for _, command in ipairs(commands) do
    system.write(path, source)
    local limit = limit_of(self, command)
    system.write(path, changed)
    local _, code = run(self, command, limit)
    if code ~= 0 then
      return TIMED_OUT[code] and "timed out" or "killed"
    end
  end
  return "survived"
end


--- Tries one mutant. Returns what became of it, or nil for one that is none:
--- it does not compile, or to the same code.
---@param mutant spec.Mutant
---@param commands string[] of the shell, run one after another
---@return "killed"|"timed out"|"survived"|nil
function Trial:run(mutant, commands)
  local path = self:path(mutant.file)
  local source = assert(system.read(path))
  local changed = mutants.apply(source, mutant)
  self.code[mutant.file] = self.code[mutant.file]
    or compiled(self, mutant.file)
  system.write(path, changed)
  local verdict
  if is_other_code(self, mutant.file, compiled(self, mutant.file)) then
    verdict = verdict_of(self, path, source, changed, commands)
  end
  system.write(path, source)
  return verdict
end


return trial

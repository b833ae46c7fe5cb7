--- The program behind `make mutate`, see run.
--
--   main.lua DIRECTORY MUTANTS SEED

local session = require("spec.mutation.session")
local specs = require("spec.mutation.specs")

local directory = arg[1]

local none_survived = session.run({
  tree = directory .. "/tree",
  group = directory .. "/group",
  count = assert(tonumber(arg[2]), "MUTANTS is a number"),
  seed = assert(tonumber(arg[3]), "SEED is a number"),
  covers = specs.covers,
  commands = specs.commands,
  print = function(line)
    io.write(line, "\n")
    io.flush()
  end,
})
os.exit(none_survived)

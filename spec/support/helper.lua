--- Loaded by busted before the specs: one emulator for the whole run.
-- busted reloads modules for every spec file, but not those loaded here.

require("spec.support.fixtures")

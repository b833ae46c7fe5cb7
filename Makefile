# gctokens. `make help` lists the targets.

# What to build for: lua5.1 lua5.2 lua5.3 lua5.4 lua5.5 luajit
LUA ?= lua5.4
PREFIX ?= /usr/local
DESTDIR ?=
# The installed command must find its library from any folder.
override PREFIX := $(abspath $(PREFIX))

CC ?= cc
CFLAGS ?= -O2 -g
# Read-only relocations are a matter of ELF: elsewhere the linker refuses them.
LDFLAGS ?= $(shell echo 'int main(void){return 0;}' | $(CC) -x c - \
  -Wl,-z,relro,-z,now -o /dev/null 2> /dev/null && echo -Wl,-z,relro,-z,now)
PKG_CONFIG ?= pkg-config
LUA_CFLAGS ?= $(shell $(PKG_CONFIG) --cflags $(LUA))
CURL_CFLAGS ?= $(shell $(PKG_CONFIG) --cflags libcurl)
CURL_LIBS ?= $(shell $(PKG_CONFIG) --libs libcurl)

# A module that Lua loads finds Lua's symbols then. (macOS: not tried.)
SHARED := $(if $(filter Darwin,$(shell uname)),-bundle -undefined \
  dynamic_lookup,-shared)

# "lua5.4" -> 5.4; LuaJIT reads the directories of 5.1
LUA_VERSION := $(if $(filter luajit,$(LUA)),5.1,$(patsubst lua%,%,$(LUA)))
INSTALL_LUA ?= $(PREFIX)/share/lua/$(LUA_VERSION)
INSTALL_LIB ?= $(PREFIX)/lib/lua/$(LUA_VERSION)
INSTALL_BIN ?= $(PREFIX)/bin
INSTALL_MAN ?= $(PREFIX)/share/man/man1

# Not every release of Debian has Lua 5.5.
ALL_LUAS = lua5.1 lua5.2 lua5.3 lua5.4 \
  $(shell $(PKG_CONFIG) --exists lua5.5 && echo lua5.5) luajit
TEST_LUAS := lua5.4 luajit

# The former mostly wait, and run on one Lua only.
NGINX_SPECS := spec/nginx
FLEET_OUTAGES := spec/fleet/losses_spec.lua spec/fleet/outages_spec.lua
OTHER_SPECS := $(wildcard spec/*_spec.lua) $(filter-out $(NGINX_SPECS), \
  $(sort $(patsubst %/,%,$(dir $(wildcard spec/*/*_spec.lua)))))

# What `make bench` measures against: Genesys' own client
JAVASCRIPT_SDK := purecloud-platform-client-v2@262.0.0

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
  -Wmissing-prototypes -Wvla -Wcast-qual -Wwrite-strings -Wundef
# What only one compiler knows, or is for those who change the C: see lint.
STRICT := -Wconversion -Wsign-conversion -Wformat=2 -Wcast-align \
  -Wdouble-promotion -Wfloat-conversion -Wmissing-declarations \
  -Wold-style-definition -Wredundant-decls -Wpointer-arith -Winit-self \
  -Wnested-externs -Walloca -Wdate-time
STRICT_gcc := -Wlogical-op -Wduplicated-cond -Wduplicated-branches \
  -Wjump-misses-init -Warith-conversion -Wformat-signedness \
  -Wformat-overflow=2 -Wstringop-overflow=4
STRICT_clang := -Wcomma -Wassign-enum -Wconditional-uninitialized \
  -Wloop-analysis -Wshift-sign-overflow -Wunreachable-code-aggressive \
  -Wextra-semi
HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong
C_STANDARD := -std=c99 -D_DEFAULT_SOURCE

# Commands are shown with V=1, and nothing with -s.
Q := $(if $(V),,@)
SAY := $(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,echo)

BUILD ?= build/$(LUA)
SOURCES := $(sort $(wildcard csrc/*/*.c))
HEADERS := $(wildcard csrc/*.h csrc/*/*.h)
SPEC_SOURCES := $(wildcard spec/*/*.c spec/*/*/*.c)
OBJECTS := $(SOURCES:csrc/%.c=$(BUILD)/objects/%.o)
MODULE := $(BUILD)/gctokens/core.so
LUA_FILES := $(sort $(shell cd lua && find . -name '*.lua'))
COMMAND := $(BUILD)/bin/gctokens

# The command of this tree, or of where it is installed: for one interpreter,
# and finding its library from any folder.
# $(call command,directory of Lua files,directory of the module,file)
define command
{ echo '#!/usr/bin/env $(LUA)'; \
  echo 'package.path = "$(1)/?.lua;" .. package.path'; \
  echo 'package.cpath = "$(2)/?.so;" .. package.cpath'; \
  tail -n +2 lua/bin/gctokens; } > $(3) && chmod 755 $(3)
endef

# $(call on_both,command): for each of TEST_LUAS, at the same time
on_both = spec/support/side-by-side $(foreach lua,$(TEST_LUAS),"$(1) $(lua)")

.PHONY: all requirements help deps demo test test-all test-c test-fleet \
  test-asan test-on test-valgrind test-oom test-threads client-packages \
  test-clients screenshots soak fuzz coverage mutate bench bench-guard \
  bench-deps lint format emulator fleet env install uninstall rock docs doc clean

all: $(MODULE) $(COMMAND) ## build for one Lua (LUA=lua5.4)

$(MODULE): $(OBJECTS)
	@mkdir -p $(@D)
	@$(SAY) "  LD $@"
	$(Q)$(CC) $(SHARED) $(LDFLAGS) -o $@ $(OBJECTS) $(CURL_LIBS) -lm

$(BUILD)/objects/%.o: csrc/%.c $(HEADERS) | requirements
	@mkdir -p $(@D)
	@$(SAY) "  CC $<"
	$(Q)$(CC) $(C_STANDARD) $(WARNINGS) $(HARDENING) $(CFLAGS) -fPIC -Icsrc \
	  $(LUA_CFLAGS) $(CURL_CFLAGS) -c -o $@ $<

$(COMMAND): lua/bin/gctokens Makefile
	@mkdir -p $(@D)
	@$(call command,$(CURDIR)/lua,$(CURDIR)/$(BUILD),$@)

requirements:
	@$(PKG_CONFIG) --exists $(LUA) libcurl || { echo "The development files" \
	  "of $(LUA) or of libcurl are missing (on Debian: make deps). LUA is" \
	  "one of $(ALL_LUAS)." >&2; exit 1; }

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "  %-13s %s\n", $$1, $$2 }' \
	  $(MAKEFILE_LIST)

deps: ## install what building, demo and tests need (Debian), if missing
	@spec/support/dependencies build test

demo: deps ## show all six operations and the guard, against the emulator
	@$(MAKE) --no-print-directory --silent all LUA=lua5.4
	@for tour in tour guard fleet; do \
	  LUA_PATH="./lua/?.lua;./?.lua;;" LUA_CPATH="./build/lua5.4/?.so;;" \
	  lua5.4 spec/demo/$$tour.lua || exit 1; done

test: deps ## the whole suite on Lua 5.4 and on LuaJIT
	@for lua in $(TEST_LUAS); do spec/support/build-cjson $$lua && $(MAKE) \
	  --no-print-directory --silent all LUA=$$lua || exit 1; done
	@spec/support/side-by-side "spec/support/test lua5.4 $(NGINX_SPECS)" \
	  "spec/support/test lua5.4 $(OTHER_SPECS)" \
	  "spec/support/test luajit && spec/c/run"

test-all: deps ## the whole suite on all Luas
	@spec/support/dependencies luas
	@for lua in $$(spec/support/luas); do \
	  spec/support/test $$lua || exit 1; done
	@$(MAKE) --no-print-directory test-c

test-on: ## deps, demo and tests on a bare Debian, as root (SUITE=trixie)
	@spec/support/test-on $(or $(SUITE),trixie)

test-fleet: deps ## the specs of a fleet (FLEET_SECONDS=8: broken connections)
	@spec/support/build-cjson lua5.4
	@for lua in $(TEST_LUAS); do \
	  $(MAKE) --no-print-directory --silent all LUA=$$lua || exit 1; done
	@spec/support/resty-redis > /dev/null
	@spec/support/side-by-side \
	  "spec/support/test lua5.4 --run=fleet $(FLEET_OUTAGES)" \
	  "spec/support/test lua5.4 --run=fleet $(filter-out $(FLEET_OUTAGES), \
	    $(wildcard spec/fleet/*_spec.lua))"

test-c: ## unit tests of the C that knows no Lua, under ASan and UBSan
	@spec/c/run

test-asan: deps ## the suite under ASan and UBSan; on LuaJIT what is near C
	@spec/support/side-by-side "spec/support/test-asan lua5.4" \
	  "spec/support/test-asan luajit spec/binding spec/engine spec/lua \
	  spec/properties"

test-valgrind: deps ## the whole suite under valgrind
	@$(call on_both,spec/support/test-valgrind)

test-oom: deps ## let memory run out at every place in turn
	@$(call on_both,spec/support/test-oom)

test-threads: deps ## two threads at once, under ThreadSanitizer
	@$(call on_both,spec/support/test-threads)

client-packages:
	@spec/support/dependencies build test clients
	@install -D -m 644 spec/clients/package.json build/clients/package.json
	@npm install --prefix build/clients --no-package-lock --no-audit \
	  --no-fund --silent

test-clients: client-packages ## the guard with real browsers and others
	@spec/support/test lua5.4 --run=clients

screenshots: client-packages ## make the pictures of the status page anew
	@spec/support/dependencies screenshots
	@$(MAKE) --no-print-directory --silent all LUA=lua5.4
	@LUA_PATH="./lua/?.lua;./?.lua;;" LUA_CPATH="./build/lua5.4/?.so;;" \
	  lua5.4 spec/clients/screenshots.lua

soak: deps ## every call ends once under random faults (DURATION=60 SEED=1)
	@$(MAKE) --no-print-directory --silent all LUA=lua5.4
	@LUA_PATH="./lua/?.lua;./?.lua;;" LUA_CPATH="./build/lua5.4/?.so;;" \
	  lua5.4 spec/soak/run.lua $(or $(DURATION),60) $(SEED)

fuzz: ## feed odd bytes to all that reads or writes some (FUZZ_SECONDS=30)
	@spec/support/dependencies build fuzz
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),30) \
	  FUZZ_MINIMUM=$(or $(FUZZ_MINIMUM),0) spec/fuzz/run

coverage: deps ## which lines and branches the whole suite runs
	@spec/coverage/run

mutate: deps ## which changes of the code no spec notices (MUTANTS=40 SEED=1)
	@spec/mutation/run $(or $(MUTANTS),40) $(or $(SEED),1)

bench: deps ## measure it and its alternatives (QUICK=1: shorter; ONLY=hits)
	@spec/support/dependencies bench
	@$(MAKE) --no-print-directory --silent all LUA=lua5.4
	@mkdir -p build/bench
	@for floor in raw_easy raw_multi; do \
	  $(CC) -O2 -Icsrc $(CURL_CFLAGS) $$($(PKG_CONFIG) --cflags lua5.4) \
	    -o build/bench/$$floor spec/bench/peers/$$floor.c $(CURL_LIBS) \
	    $$($(PKG_CONFIG) --libs lua5.4) || exit 1; done
	@$(CC) -O2 -o build/bench/launch spec/bench/launch.c
	@LUA_PATH="./lua/?.lua;./?.lua;;" LUA_CPATH="./build/lua5.4/?.so;;" \
	  QUICK=$(QUICK) ONLY=$(ONLY) lua5.4 spec/bench/run.lua

bench-guard: ## the part of bench that runs in nginx
	@$(MAKE) --no-print-directory bench ONLY=guard

bench-deps: ## install the alternatives that bench measures (Debian, npm)
	@spec/support/dependencies bench peers
	@mkdir -p build/bench
	npm install --prefix build/bench --no-save --no-audit --no-fund \
	  $(JAVASCRIPT_SDK)

lint: ## luacheck, clang-format, cppcheck, clang-tidy, compilers, also of musl
	@spec/support/dependencies build test luas lint
	luacheck --quiet lua lua/bin/gctokens spec rockspec
	clang-format --dry-run -Werror $(SOURCES) $(HEADERS) $(SPEC_SOURCES)
	@# ctuuninitvar: it takes storing an out parameter's address for a read
	cppcheck --quiet --std=c99 --error-exitcode=1 --suppress=ctuuninitvar \
	  --enable=warning,performance,portability -Icsrc csrc
	@printf '%s\n' $(SOURCES) | xargs -P 2 -n 10 sh -c 'clang-tidy --quiet \
	  "$$@" -- $(C_STANDARD) -Icsrc $(LUA_CFLAGS) $(CURL_CFLAGS) 2> /dev/null' -
	@for lua in $(ALL_LUAS); do for cc in gcc clang; do \
	  $(MAKE) --no-print-directory --silent all LUA=$$lua CC=$$cc \
	    BUILD=build/lint/$$cc-$$lua CFLAGS="-O2 -Werror $(STRICT) \
	    $$([ $$cc = gcc ] && echo $(STRICT_gcc) || echo $(STRICT_clang))" \
	    || exit 1; \
	done; done
	@for lua in $(ALL_LUAS); do \
	  spec/support/musl $$lua $(C_STANDARD) $(WARNINGS) -Werror || exit 1; done
	@for file in rockspec/*.rockspec; do luarocks lint $$file || exit 1; done

format: ## lay out the C sources
	clang-format -i $(SOURCES) $(HEADERS) $(SPEC_SOURCES)

emulator: deps ## run the emulator in the foreground (PORT=0 TLS_PORT=0)
	@spec/emulator/run --port $(or $(PORT),0) --tls-port $(or $(TLS_PORT),0)

fleet: deps ## run Redis and two gateways of a fleet in the foreground
	@$(MAKE) --no-print-directory --silent all LUA=lua5.4
	@LUA_PATH="./lua/?.lua;./?.lua;;" LUA_CPATH="./build/lua5.4/?.so;;" \
	  lua5.4 spec/fleet/playground.lua

env: ## print the lines that let a Lua use the built tree from any folder
	@echo 'export LUA_PATH="$(CURDIR)/lua/?.lua;$${LUA_PATH:-;}"'
	@echo 'export LUA_CPATH="$(CURDIR)/$(BUILD)/?.so;$${LUA_CPATH:-;}"'
	@echo 'export PATH="$(CURDIR)/$(BUILD)/bin:$$PATH"'

install: all ## install for one Lua (LUA=lua5.4 PREFIX=/usr/local DESTDIR=)
	install -d $(DESTDIR)$(INSTALL_LIB)/gctokens
	install -m 755 $(MODULE) $(DESTDIR)$(INSTALL_LIB)/gctokens/core.so
	@for file in $(LUA_FILES); do \
	  install -D -m 644 lua/$$file $(DESTDIR)$(INSTALL_LUA)/$$file; done
	install -d $(DESTDIR)$(INSTALL_BIN) $(DESTDIR)$(INSTALL_MAN)
	@$(call command,$(INSTALL_LUA),$(INSTALL_LIB),\
	  $(DESTDIR)$(INSTALL_BIN)/gctokens)
	LUA_PATH="./lua/?.lua;;" LUA_CPATH="./$(BUILD)/?.so;;" $(LUA) -e \
	  'io.write(require("gctokens.cli.manual").page())' \
	  > $(DESTDIR)$(INSTALL_MAN)/gctokens.1

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(INSTALL_LIB)/gctokens/core.so \
	  $(DESTDIR)$(INSTALL_BIN)/gctokens $(DESTDIR)$(INSTALL_MAN)/gctokens.1
	@for file in $(LUA_FILES); do \
	  rm -f $(DESTDIR)$(INSTALL_LUA)/$$file; done
	@rmdir $(DESTDIR)$(INSTALL_LIB)/gctokens \
	  $(DESTDIR)$(INSTALL_LUA)/gctokens/cli/commands \
	  $(DESTDIR)$(INSTALL_LUA)/gctokens/cli \
	  $(addprefix $(DESTDIR)$(INSTALL_LUA)/gctokens/guard/,cache dict fleet \
	    lookup request status) \
	  $(DESTDIR)$(INSTALL_LUA)/gctokens/guard \
	  $(DESTDIR)$(INSTALL_LUA)/gctokens/loop \
	  $(DESTDIR)$(INSTALL_LUA)/gctokens/meta \
	  $(DESTDIR)$(INSTALL_LUA)/gctokens/options \
	  $(DESTDIR)$(INSTALL_LUA)/gctokens 2> /dev/null || true

rock: ## pack a binary rock for Lua 5.4 into build/rock
	@spec/support/dependencies build rock
	@spec/support/pack-rock

docs: ## write annotations and READMEs' tables from the tables of options
	@LUA_PATH="./lua/?.lua;./?.lua;;" lua5.4 spec/documentation/generate.lua

doc: ## HTML documentation of the Lua modules in build/doc
	@spec/support/dependencies doc
	@mkdir -p build
	cd spec/documentation && ldoc --quiet --fatalwarnings --config ldoc.lua .

clean: ## remove everything that was built, also by luarocks make
	rm -rf build
	rm -f $(SOURCES:.c=.o) gctokens/core.so
	@rmdir gctokens 2> /dev/null || true

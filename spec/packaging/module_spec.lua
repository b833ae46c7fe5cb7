--- What the compiler and the linker made of the module, as `make` builds it.

local fixtures = require("spec.support.fixtures")


describe("the built module #once #built", function()
  local MODULE = package.cpath:match("build/[^;]*"):gsub("%?", "gctokens/core")

  local function output_of(command)
    local output, code = fixtures.run(command .. " " .. MODULE)
    assert.equal(0, code, output)
    return output
  end

  it("is bound when it is loaded, and read-only from then on", function()
    assert.matches("GNU_RELRO", output_of("readelf --wide --segments"))
    assert.matches("BIND_NOW", output_of("readelf --wide --dynamic"))
  end)

  it("moves nothing in its code, has no search path, no runnable stack",
    function()
      local dynamic = output_of("readelf --wide --dynamic")
      for _, tag in ipairs({ "TEXTREL", "RPATH", "RUNPATH" }) do
        assert.is_nil(dynamic:find(tag, 1, true), tag)
      end
      assert.matches("GNU_STACK.- RW ",
        output_of("readelf --wide --segments"))
    end)

  it("checks its stack and what it prints into", function()
    local used = output_of("nm --dynamic --undefined-only")
    assert.matches("__stack_chk_fail", used)
    assert.matches("__vsnprintf_chk", used)
    for _, unchecked in ipairs({ " snprintf", " vsnprintf" }) do
      assert.is_nil(used:find(unchecked, 1, true), unchecked)
    end
  end)

  -- States and threads share what can be written to; there is nothing of ours.
  -- The compiler's own start files have a handle and a flag.
  it("has no variables", function()
    local own = {
      __dso_handle = true, __TMC_END__ = true, ["completed.0"] = true,
      [".data"] = true, [".bss"] = true,
    }
    local count = 0
    for line in output_of("objdump --syms"):gmatch("[^\n]+") do
      local section, name = line:match("(%.%w+)\t%x+%s.-(%S+)$")
      if section == ".data" or section == ".bss" then
        count = count + 1
        assert.is_true(own[name], name)
      end
    end
    assert.is_true(count > 0)
    for section, size in output_of("size -A"):gmatch("\n(%.%w+)%s+(%d+)") do
      if section == ".data" or section == ".bss" or section == ".tbss" then
        assert.is_true(tonumber(size) <= 16, section .. ": " .. size)
      end
    end
  end)
end)

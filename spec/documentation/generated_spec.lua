--- What `make docs` writes is up to date, in READMEs and annotations.

local generated = require("spec.documentation.generated")
local lists = require("spec.documentation.option_lists")
local system = require("spec.support.system")


local README = [[
# A README

<!-- options: delete_tokens_of -->
what stood here before
<!-- /options -->

After it.
]]


describe("what is made of the tables of options", function()
  for _, name in ipairs(generated.files()) do
    it("is up to date in " .. name, function()
      local text = system.read(name)
      assert(generated.update(name, text) == text,
        name .. " is stale: run make docs")
    end)
  end

  it("is in the annotations, for editors", function()
    for name, lua in pairs({ guard = "guard", client = "types" }) do
      local file = "lua/gctokens/meta/" .. lua .. ".lua"
      local text = system.read(file)
      assert.equal(1, (select(2, generated.update(file, text))))
      for _, row in ipairs(lists[name]) do
        assert.truthy(text:find("\n---@field " .. row.name .. "? ", 1, true),
          row.name)
      end
    end
  end)

  it("is a table in a README, between two lines that stay", function()
    local text, count = generated.update("README.md", README)
    assert.equal(1, count)
    assert.matches("^# A README\n\n<!%-%- options: delete_tokens_of %-%->\n"
      .. "| option | meaning | default |\n|%-%-%-|%-%-%-|%-%-%-|\n"
      .. "| `concurrency` | [^|]+ | 8 |\n", text)
    assert.matches("| `dedupe_window` | [^|]+ | 4096 |\n"
      .. "<!%-%- /options %-%->\n\nAfter it.\n$", text)
    assert.not_matches("what stood here before", text)
    assert.equal(text, (generated.update("README.md", text)))
  end)

  it("shows defaults with their unit, and what is no constant in words",
    function()
      local function table_of(name)
        return (generated.update("README.md",
          "\n<!-- options: " .. name .. " -->\n<!-- /options -->\n"))
      end
      local client = table_of("client")
      assert.matches("| `timeout` | [^|]+ | 15 s |\n", client)
      assert.matches("| `client_cert` | [^|]+ | none |\n", client)
      assert.matches("| `allow_http` | [^|]+ | `false` |\n", client)
      assert.matches("| `region` | [^|]+ | environment, then `us%-east%-1` |\n",
        client)
      assert.matches("| `retry` | [^|]+`base_delay`: [^|]+ %(0.25 s%); [^|]+"
        .. "| on |\n", client)
      local guard = table_of("guard")
      assert.matches("| `dict` | [^|]+ | `\"gctokens\"` |\n", guard)
      assert.matches("| `ca_file` | [^|]+ | system |\n", guard)
      assert.matches("| `headers` | [^|]+ | `X%-Genesys%-Client%-Id = "
        .. "client_id`, ", guard)
      assert.matches("| `timeout` | [^|]+ | the client's |\n",
        table_of("call"))
    end)

  it("is asked for by a name that exists, and ends", function()
    for reason, text in pairs({
      ['there are no options "clinet"'] =
        "\n<!-- options: clinet -->\n<!-- /options -->\n",
      ["has no end"] = "\n<!-- options: client -->\n",
      ["is misspelt"] = "\n<!-- options client -->\n<!-- /options -->\n",
    }) do
      local ok, message = pcall(generated.update, "a/README.md", text)
      assert.is_false(ok)
      assert.matches("^a/README.md: .*" .. reason, message)
    end
  end)

  it("is written by make docs, wherever a README asks for it #once", function()
    local directory = system.make_directory()
    system.write(directory .. "/README.md", README)
    local output, code = system.run(("tree=$PWD && cd %s && LUA_PATH="
      .. '"$tree/lua/?.lua;$tree/?.lua;;" lua5.4 '
      .. '"$tree/spec/documentation/generate.lua"')
      :format(system.quote(directory)))
    local text = system.read(directory .. "/README.md")
    system.remove_directory(directory)
    assert.equal(0, code, output)
    assert.equal("wrote ./README.md\n", output)
    assert.equal((generated.update("README.md", README)), text)
  end)
end)

--- Lists for gctokens revoke as spreadsheets, editors and other programs write
-- them: line ends, headers, separators, UTF-16, and what is skipped.

local revocations = require("spec.support.revocations")
local system = require("spec.support.system")

local uuid = revocations.uuid


describe("a list for gctokens revoke", function()
  local bench

  before_each(function()
    bench = revocations.bench()
  end)

  after_each(function()
    bench:close()
  end)

  local function read(text, arguments, options)
    return bench:run(("--rate off --from %s %s"):format(
      bench:file("list", revocations.with_ids(text)), arguments or ""), options)
  end

  -- Asserts which users are sent for a list, and the whole summary.
  local function assert_sent(numbers, text, arguments, skipped)
    local code, output, errors = read(text, arguments)
    assert.equal(("gctokens: %d done%s; 0 s\n"):format(#numbers,
      skipped and ", " .. skipped or ""), (errors:gsub("; %d+ s", "; 0 s")))
    bench:assert_sent(numbers, code, output, errors)
  end

  local function assert_refused(words, text, arguments)
    bench:assert_refused(2, words, read(text, arguments))
  end

  describe("has lines that end", function()
    it("with LF, CRLF or CR, in any mixture", function()
      for _, text in ipairs({
        "$1\r$2\r", "$1\r$2", "$1\r\n$2\r\n", "$1\n$2\r", "$1\r$2\r\n",
        "\239\187\191$1\r$2",
      }) do
        assert_sent({ 1, 2 }, text)
      end
      for _, rows in ipairs({ "$1,Sam\r$2,Kim\r", "$1,Sam\r\n$2,Kim\r" }) do
        assert_sent({ 1, 2 }, "id,name\r" .. rows, "--column id")
        assert_sent({ 1, 2 }, rows, "--column 1")
      end
    end)

    it("but not in quotes", function()
      assert_sent({ 1, 2, 3 }, 'id,note\r$1,"one\rtwo\r\nthree\n"\r$2,x\r$3,y',
        "--column id")
    end)

    it("with a doubled CR, which makes an empty line", function()
      assert_sent({ 1, 2 }, "$1\r\r\n$2\r\r\n", "", "2 empty lines")
    end)

    -- A block has 65 536 bytes. The LF is the first byte of the next one.
    it("with CRLF, also across two blocks", function()
      local blanks = (" "):rep(65535 - 37)
      assert_sent({ 1, 2 }, "$1" .. blanks .. " \r\n$2\r\n")
      assert_sent({ 1, 2 }, "$1" .. blanks .. " \r$2\r")
    end)

    it("with nothing else", function()
      for _, stop in ipairs({ "\f", "\v", "\226\128\168", "\194\133", "\0" }) do
        assert_refused("is not a user id", "$1" .. stop .. "$2\n")
      end
    end)
  end)

  describe("has ids that are UUIDs", function()
    it("in any letter case, or in braces: the same user", function()
      local upper = uuid(0xABCDEF):upper()
      for _, text in ipairs({ upper, "{" .. upper .. "}", uuid(0xABCDEF) }) do
        assert_sent({ 0xABCDEF }, text .. "\n")
      end
      assert_sent({ 0xABCDEF }, uuid(0xABCDEF) .. "\n{" .. upper .. "}\n"
        .. upper .. "\n", "", "2 given twice")
      bench:assert_sent({ 0xABCDEF },
        bench:run(upper .. " '{" .. upper .. "}'"))
    end)

    it("and nothing else, without --any-id", function()
      for _, id in ipairs({
        "nobody", "12345", uuid(1):gsub("-", ""), uuid(1) .. "0",
        uuid(1):sub(1, -2), "urn-" .. uuid(1), uuid(1):gsub("^0", "g"),
      }) do
        bench:assert_refused(2, "user ids are UUIDs (--any-id accepts others)",
          bench:run(id))
        bench:assert_refused(2, "user ids are UUIDs (--any-id accepts others)",
          read("$1\n" .. id .. "\n"))
        local _, output = bench:run("--any-id " .. id)
        assert.equal("not_found\t" .. id .. "\tno such user\n", output)
        bench:forget()
      end
      bench:assert_refused(2, "is not a user id",
        bench:run("'{nobody}' --any-id"))
    end)

    it("in ASCII", function()
      for _, id in ipairs({
        "\239\188\144" .. uuid(1):sub(2), -- a digit of full width
        uuid(1):gsub("-", "\226\128\147"), -- dashes of a word processor
        "\194\160" .. uuid(1), "\226\128\139" .. uuid(1), "'" .. uuid(1) .. "'",
      }) do
        assert_refused("is not a user id", "$1\n" .. id .. "\n")
      end
    end)

    it("in one field", function()
      assert_refused("--column", uuid(1):gsub("-", ",") .. "\n")
      assert_refused("is not a user id", "id,a\n" .. uuid(1):gsub("-", ",", 1)
        .. "\n", "--column id")
    end)
  end)

  describe("with a header", function()
    local ADVICE = "if this is a header, name its column with --column NAME"

    it("needs --column NAME", function()
      for _, header in ipairs({
        "userId", "id", "User_ID", "ID", "GUID", "Benutzer-ID", "usuario.id",
        "name", "user",
      }) do
        assert_refused("/list:1: \"" .. header .. "\" is not a user id",
          header .. "\n$1\n")
        for _, arguments in ipairs({ "", "--any-id" }) do
          assert_refused(ADVICE, header .. "\n$1\n", arguments)
          assert_refused(ADVICE, "\239\187\191\r\n" .. header .. "\r\n$1\r\n",
            arguments)
          assert_refused(ADVICE, "name," .. header .. "\nSam,$1\n",
            "--column 2 " .. arguments)
        end
        assert_sent({ 1 }, "name," .. header .. "x\nSam,$1\n",
          "--column " .. header .. "x")
      end
      assert_refused(ADVICE, "\227\131\166\227\131\188\n$1\n") -- in Japanese
      for _, heading in ipairs({ "user id", "uid", "Person", "Benutzer" }) do
        assert_refused(ADVICE, heading .. "\n$1\n", "--any-id")
      end
    end)

    it("has it once", function()
      assert_refused('/list:3: "id" is not a user id',
        "id,name\n$1,Sam\nid,name\n$2,Kim\n", "--column id")
    end)

    it("may begin with an id that is not a UUID", function()
      for _, id in ipairs({ "nobody", "user-7", "agent7", "david", "x" }) do
        local code, output = read(id .. "\n$1\n", "--any-id")
        assert.equal(0, code)
        assert.truthy(output:find("not_found\t" .. id .. "\t", 1, true))
        bench:forget()
      end
    end)
  end)

  describe("may name its separator", function()
    it("in the first line, as spreadsheets do", function()
      for _, line in ipairs({
        "sep=;", '"sep=;"', "SEP=;", "\239\187\191sep=;", "sep=;\r",
      }) do
        assert_sent({ 1, 2 }, line .. "\nname;id\nA, B;$1\nKim;$2\n",
          "--column id")
        assert_sent({ 1, 2 }, line .. "\nA, B;$1\nKim;$2\n", "--column 2")
      end
      assert_sent({ 1 }, "sep=\t\na,b\tid\n,\t$1\n", "--column id")
      assert_sent({ 1 }, "sep=|\na,b|id\n,|$1\n", "--column id")
      assert_sent({ 1 }, "sep=^\na^id\nx^$1\n", "--column id")
      assert_sent({ 1 }, "sep=%\n$1%x\n", "--column 1")
    end)

    it("and then needs --column", function()
      assert_refused("this looks like CSV", "sep=;\n$1\n")
      assert_refused("no column", "id;name\nsep=;\n$1;Sam\n", "--column sep")
      assert_refused("is not a user id", "id;name\nsep=;\n$1;Sam\n",
        "--column id")
    end)
  end)

  describe("in UTF-16", function()
    local MARKS = { LE = "\255\254", BE = "\254\255" }

    local function utf16(text, order)
      local name = bench:file("utf8", revocations.with_ids(text))
      assert.equal(0, select(2, system.run(
        ("iconv -f UTF-8 -t UTF-16%s %s >%s"):format(order, name,
          bench:path("utf16")))))
      return bench:text("utf16")
    end

    it("is read, in either order of bytes", function()
      for order, mark in pairs(MARKS) do
        assert_sent({ 1, 2 }, mark .. utf16("$1\r\n$2\r\n", order))
        assert_sent({ 1, 2 }, mark .. utf16("$1\r$2", order))
        assert_sent({ 1, 2 },
          mark .. utf16('sep=;\nN\195\164me;"id \240\159\152\128"\n'
            .. '\240\144\128\128;$1\n\226\130\172;$2\n', order),
          "--column 'id \240\159\152\128'")
      end
    end)

    it("is read although a block ends within a character", function()
      local faces = ("\240\159\152\128"):rep(8192) -- four bytes each
      for _, shift in ipairs({ "", "x" }) do
        assert_sent({ 1, 2 }, MARKS.LE .. utf16("id,note\n$1," .. shift
          .. faces .. "\n$2," .. faces .. "\n", "LE"), "--column id")
      end
    end)

    it("is refused if it is broken", function()
      for order, mark in pairs(MARKS) do
        local text = mark .. utf16("id,name\n$1,", order)
        local high = order == "LE" and "\0\216" or "\216\0"
        local low = order == "LE" and "\0\220" or "\220\0"
        local rest = utf16("\n$2,\n", order)
        for _, half in ipairs({ high, low, low .. high, high .. high .. low })
        do
          assert_refused("/list:2: this UTF-16 text is broken: it has half of",
            text .. half .. rest, "--column id")
        end
        for _, cut in ipairs({ "a", high, high .. low:sub(1, 1) }) do
          assert_refused("it ends within a character", text .. cut,
            "--column id")
        end
      end
    end)

    it("without its mark, or in UTF-32, is refused with advice", function()
      for _, order in ipairs({ "LE", "BE" }) do
        for _, text in ipairs({ "$1\n", "\208\152\208\188\209\143,id\nx,$1\n" })
        do
          assert_refused("/list:1: this is not text, or it is UTF-16 or "
            .. "UTF-32 without a byte-order mark; save it as UTF-8",
            utf16(text, order), "--column id")
        end
      end
      assert_refused("without a byte-order mark", "a\0\n\0")
      assert_refused("without a byte-order mark", "\0\0\0a\0\0\0\n")
      assert_refused("UTF-32 text; save it as UTF-8", "\255\254\0\0a\0\0\0")
      assert_refused("UTF-32 text; save it as UTF-8", "\0\0\254\255\0\0\0a")
    end)
  end)

  describe("is mentioned in the summary", function()
    it("when some of its lines are skipped, with --quiet too", function()
      local text = "\n$1\n$1\n \r\n{$1}\n$2\n\n"
      assert_sent({ 1, 2 }, text, "--quiet", "2 given twice, 3 empty lines")
      assert_sent({ 1, 2 }, text, "--json", "2 given twice, 3 empty lines")
      assert_sent({ 1 }, "id,name\n$1,Sam\n,\n", "--column id", "1 empty line")
      assert.same({ 0, "", "" }, { read("$1\n$2\n", "--quiet") })
    end)

    it("when it was given as arguments", function()
      local _, _, errors = bench:run(("--quiet %s %s"):format(uuid(1), uuid(1)))
      assert.equal("gctokens: 1 done, 1 given twice; 0 s\n", errors)
    end)

    it("when there is no user id in it", function()
      for text, skipped in pairs({
        [""] = "", ["\239\187\191"] = "", ["\n"] = ", 1 empty line",
        [" \r\n\r\n\r"] = ", 3 empty lines",
      }) do
        for _, arguments in ipairs({ "", "--quiet" }) do
          local code, output, errors = read(text, arguments)
          assert.equal(0, code)
          assert.equal("", output)
          assert.equal(("gctokens: there is no user id in %s; 0 done%s; 0 s\n")
            :format(bench:path("list"), skipped), errors)
        end
      end
      assert.truthy(select(3, read("id,name\n", "--column id")):find(
        "there is no user id in", 1, true))
    end)

    it("when some of its users are done", function()
      local results = bench:file("results",
        ('{"result":"done","user_id":"%s"}\n'):format(uuid(10):upper()))
      assert_sent({ 1 }, "$1\n" .. uuid(10) .. "\n{" .. uuid(10):upper()
        .. "}\n", "--quiet --resume " .. results,
        "1 given twice, 1 done before")
      local _, _, errors = bench:run(("--quiet %s --resume %s"):format(
        uuid(10), results))
      assert.truthy(errors:find("nothing is left to do", 1, true))
    end)

    it("before anything is sent", function()
      for text, wanted in pairs({
        ["$1\n"] = "1 user", ["$1\n$1\n"] = "1 user, 1 given twice",
        ["$1\n\n$2\n"] = "2 users, 1 empty line", [""] = "0 users",
      }) do
        local code, _, errors = read(text, "--dry-run")
        assert.equal(0, code)
        assert.equal("gctokens: " .. wanted .. "; nothing was sent\n", errors)
      end
    end)

    -- The library itself only notices duplicates among the last 8 192 ids.
    it("with duplicates that are far apart #once #pace", function()
      local list = bench:file("list",
        revocations.list(20000) .. revocations.list(20000):upper())
      local code, _, errors = bench:run("--dry-run --from " .. list)
      assert.equal(0, code)
      assert.equal("gctokens: 20000 users, 20000 given twice; nothing was "
        .. "sent\n", errors)
    end)
  end)

  describe("is kept", function()
    -- An id with its line end has 37 bytes: 28 339 of them fit into 1 MiB.
    local FIT = math.floor(1048576 / 37)

    local function run(count, environment, before)
      local list = bench:file("list", revocations.list(count))
      return bench:run("--dry-run --from " .. list,
        { env = environment, before = before })
    end

    local function assert_read(count, code, output, errors)
      assert.equal(0, code, errors)
      assert.equal(revocations.list(count), output)
    end

    it("in memory while it is small", function()
      assert_read(FIT, run(FIT, { TMPDIR = "/nonexistent" }))
    end)

    it("in a file without a name in TMPDIR", function()
      local directory = bench:path("a $directory's name")
      assert.equal("", (system.run("mkdir " .. system.quote(directory))))
      assert_read(FIT + 1, run(FIT + 1, { TMPDIR = directory }))
      assert_read(FIT + 1, run(FIT + 1, { TMPDIR = "" }))
      assert.equal("", (system.run("ls -A " .. system.quote(directory))))
    end)

    it("in a file that only its owner can read", function()
      bench.emulator:settings({ record = false })
      local list = bench:file("list", revocations.list(FIT + 1))
      bench.emulator:fault({ delay = 60 })
      bench:start("--concurrency 1 --from " .. list,
        { env = { TMPDIR = bench.directory } })
      local held = "ls -lL /proc/%s/fd | grep -- '^-.* %d '"
      local line
      assert(system.wait_until(function()
        line = system.run(held:format(bench.pid, #revocations.list(FIT + 1)))
        return line:find("^%-rw%-%-%-%-%-%-%- 0 ")
      end), line)
      bench:signal("KILL")
      bench:wait()
    end)

    it("or the run ends with 3 before it begins", function()
      for directory, words in pairs({
        ["/nonexistent"] = "No such file or directory",
        ["/dev/null"] = "Not a directory",
      }) do
        bench:assert_refused(3, words, run(FIT + 1, { TMPDIR = directory }))
      end
      -- A limit of the file size has the effect of a full disk.
      bench:assert_refused(3, "could not keep " .. bench:path("list")
        .. " in a temporary file", run(FIT + 1, {},
        "trap '' XFSZ; ulimit -f 1; "))
    end)
  end)
end)

--- The input of gctokens revoke: arguments, lists and CSV that are refused.
--
-- A list with one doubtful line is refused as a whole: Genesys would not find
-- an id that was read wrong, and a user would stay logged in.

local revocations = require("spec.support.revocations")


describe("the input of gctokens revoke", function()
  local bench
  local uuid = revocations.uuid

  before_each(function()
    bench = revocations.bench()
  end)

  after_each(function()
    bench:close()
  end)

  local function assert_refused(words, ...)
    bench:assert_refused(2, words, ...)
  end

  local function assert_trouble(words, ...)
    bench:assert_refused(3, words, ...)
  end

  local function assert_sent(numbers, ...)
    bench:assert_sent(numbers, ...)
  end

  local function read(text, arguments)
    return bench:run(("--rate off --from %s %s"):format(
      bench:file("list", revocations.with_ids(text)), arguments or ""))
  end

  -- Asserts that the error names the file and the line, as in "/list:2: ".
  local function assert_place(text, place, words, arguments)
    local code, output, errors = read(text, arguments)
    assert_refused("/list:" .. place .. ": ", code, output, errors)
    assert_refused(words, code, output, errors)
  end

  describe("as arguments", function()
    it("is checked before anything is sent", function()
      assert_refused('"alex@example.com" is not a user id',
        bench:run(uuid(1) .. " alex@example.com"))
      assert_refused("another operation", bench:run(uuid(1) .. " me"))
      assert_refused("is empty", bench:run("'' " .. uuid(1)))
    end)

    it("is user ids or --from, not both", function()
      assert_refused("no users: give user ids or --from", bench:run(""))
      assert_refused("cannot be used together", bench:run("a --from b"))
      assert_refused("--column needs --from", bench:run("a --column id"))
      assert_refused("cannot both read standard input",
        bench:run("--from - --token-file -"))
      assert_refused("cannot be the same file",
        bench:run("--from a --results a"))
      assert_refused("cannot be the same file",
        bench:run("--from a --resume a"))
      assert_refused("needs a file", bench:run("a --results -"))
    end)

    it("has a concurrency and a rate within their limits", function()
      for _, arguments in ipairs({
        "--concurrency=0", "--concurrency=1025", "--concurrency=-1",
        "--concurrency=2.5", "--rate=abc", "--rate=0", "--rate=-3",
        "--rate=1e9",
      }) do
        assert_refused(arguments:match("^[^=]+"), bench:run("a " .. arguments))
      end
    end)
  end)

  describe("as a list", function()
    it("is one id on each line, with empty lines and white space", function()
      for _, text in ipairs({
        "$1\n$2\n", "$1\n$2", "$1\r\n$2\r\n", "\239\187\191$1\n$2\n",
        "\n\n $1\t\n\n$2\n \n\n",
      }) do
        assert_sent({ 1, 2 }, read(text))
      end
    end)

    it("is refused for one line that is not an id, wherever it is", function()
      local start = revocations.list(300)
      for line, words in pairs({
        -- These would revoke the administrator's token or read the timeout.
        me = "another operation", Me = "another operation",
        timeout = "another operation",
        [".."] = "is a path", ["."] = "is a path",
        ["7f62 4c8e"] = '"7f62 4c8e" is not a user id',
        ["alex@example.com"] = "is not a user id",
        ['"$1"'] = "is not a user id",
        ["{$1"] = "is not a user id",
        ["$1 $2"] = "a text of 73 bytes is not a user id",
        nobody = '"nobody" is not a user id: user ids are UUIDs (--any-id',
        ["https://example.com/$1"] = "is not a user id",
        ["me%2e"] = "is not a user id",
        ["a\0b"] = '"a<00>b" is not a user id',
        ["\27[2J"] = '"<1B>[2J" is not a user id',
        ["$1\194\160"] = '<C2><A0>" is not a user id', -- no-break space
        ["\226\128\139$1"] = '"<E2><80><8B>0', -- zero width space
        ["\239\187\191$1"] = '"<EF><BB><BF>0', -- of a file appended
        ["M\252ller"] = '"M<FC>ller" is not a user id', -- not UTF-8
        [("x"):rep(65)] = "a user id has at most 64 bytes, not 65",
      }) do
        assert_place(start .. line .. "\n$1\n", 301, words)
      end
    end)

    it("is not another kind of file", function()
      assert_place("$1\n" .. ("x"):rep(1048576), 2,
        "a line has more than 65536 bytes")
      assert_place("$1,Alex\n", 1, "--column")
      assert_place("$1;Alex\n", 1, "--column")
      assert_place("$1\tAlex\n", 1, "--column")
      assert_place("\127ELF\2\1\1\0\0\n", 1, "is not a user id")
      assert_place('{"user_id":"$1"}\n', 1, "is not a user id")
    end)

    it("must be readable", function()
      assert_trouble("No such file", bench:run("--from missing"))
      assert_trouble("Is a directory", bench:run("--from /tmp"))
      assert_trouble("could not read -", bench:run("--from - <&-"))
      for _, name in ipairs({ "/dev/zero", "/dev/full" }) do
        assert_refused("a line has more than 65536 bytes",
          bench:run("--from " .. name))
      end
    end)

    it("must end", function()
      assert_refused("more than 67108864 bytes",
        bench:run("--from -", { piped = "yes " .. uuid(1) }))
    end)

    it("comes through standard input, pipes and FIFOs", function()
      local list = bench:file("three", revocations.list(3))
      assert_sent({ 1, 2, 3 }, bench:run("--rate off --from - <" .. list))
      assert_sent({ 1, 2, 3 },
        bench:run("--rate off --from -", { piped = "cat " .. list }))
      assert_sent({ 1, 2, 3 },
        bench:run("--rate off --from /dev/stdin", { piped = "cat " .. list }))
      assert_sent({ 1, 2, 3 }, bench:run("--rate off --from $PIPE", {
        before = ("PIPE=%s; mkfifo $PIPE; cat %s >$PIPE & "):format(
          bench:path("fifo"), list),
      }))
    end)

    it("stays as it was when it was checked", function()
      local list = bench:file("list", revocations.list(20))
      bench.emulator:fault({ delay = 0.5 })
      bench:start("--rate off --concurrency 1 --from " .. list)
      bench:wait_for_requests(1)
      bench:file("list", revocations.list(20, 101))
      assert.equal(0, bench:wait())
      local sent = bench:reconcile()
      for number = 1, 20 do
        assert.equal(1, sent[uuid(number)])
        assert.is_nil(sent[uuid(100 + number)])
      end
    end)

    it("may be given once", function()
      local list = bench:file("list", revocations.list(2))
      assert_refused("'--from' must be used at most 1 time",
        bench:run(("--from %s --from %s"):format(list, list)))
    end)

    it("does not show a token that it holds", function()
      for token, words in pairs({
        [bench.emulator.tokens.admin] = "a user id has at most 64 bytes",
        [("a+/"):rep(30) .. "=="] = "a text of 92 bytes is not a user id",
        [("aB3_-x"):rep(7) .. "c"] = "a text of 43 bytes is not a user id",
      }) do
        for _, column in ipairs({ "", "--column 1" }) do
          local code, output, errors = bench:run("--from - --results "
            .. bench:path("results") .. " " .. column,
            { piped = "echo '" .. token .. "'" })
          assert_refused(words, code, output, errors)
          assert.is_nil((output .. errors .. bench:text("results")):find(
            token:sub(1, 20), 1, true))
        end
      end
    end)
  end)

  describe("as CSV", function()
    local function assert_csv(numbers, text, column)
      assert_sent(numbers, read(text, "--column " .. (column or "id")))
    end

    local function assert_csv_refused(place, words, text, column)
      assert_place(text, place, words, "--column " .. (column or "id"))
    end

    it("has the ids in a column with a name or a number", function()
      assert_csv({ 1, 2 }, "name,id\nAlex,$1\nSam,$2\n")
      assert_csv({ 1, 2 }, "\239\187\191id , name\r\n $1,Alex\r\n$2 ,Sam\r\n")
      assert_csv({ 1, 2 }, "Alex,$1\nSam,$2\n", 2)
      assert_csv({ 1 }, "id\n$1\n")
      assert_csv({ 1 }, "user id,name\n$1,Alex\n", "'user id'")
    end)

    it("may have fields in quotes, of several lines, too", function()
      assert_csv({ 1, 2 }, 'name,"id"\n"Agent, Alex","$1"\nSam,$2\n')
      assert_csv({ 1, 2 }, 'note,id\n"one\nof\r\n""two""",$1\n"",$2\n')
      assert_csv({ 1 }, 'id,note\n$1,"the ""best"""\n')
    end)

    it("may have semicolons or tabs in place of commas", function()
      assert_csv({ 1, 2 }, "name;id\nAgent, Alex;$1\nSam;$2\n")
      assert_csv({ 1, 2 }, '"name, first";id\n"Agent, Alex";$1\nSam;$2\n')
      assert_csv({ 1, 2 }, 'name\tid\n"Alex"\t"$1"\nSam\t$2\n')
      assert_csv({ 1 }, 'a\tid\tb\n\t$1\t"b"\n')
    end)

    it("may end with the empty rows of a spreadsheet", function()
      assert_csv({ 1 }, "name,id\nAlex,$1\n,\n\n,\n")
    end)

    it("must have that column once", function()
      assert_csv_refused(1, 'no column "id" in the first line, did you mean '
        .. '"ID"?', "name, ID \nAlex,$1\n")
      assert_csv_refused(1, 'did you mean "user_id"?', "user_id\n$1\n",
        "userid")
      assert_csv_refused(1, "two columns", "id,manager,id\n$1,x,$2\n")
      assert_csv_refused(1, "counted from 1", "a,b\n", 0)
      assert_csv_refused(1, "empty", "")
      assert_csv_refused(1, "no user id", "a,b\n", 3)
    end)

    it("may have missing or extra empty fields at the end of a row", function()
      assert_csv({ 1, 2 }, "id,name,note\n$1,Sam\n$2\n")
      assert_csv({ 1, 2 }, "name,id,note\nSam,$1\nKim,$2,left,,,\n")
      assert_csv({ 1, 2 }, "Sam,$1,,\nKim,$2\n", 2)
      assert_csv({ 1 }, 'name;id;note;"second note"\nSam;$1;" "\n')
      assert_csv_refused(3, "no user id", "name,id\nSam,$1\nKim\n")
      assert_csv_refused(2, "no user id", "name,note,id\n$1,Sam\n")
    end)

    -- A comma in a name without quotes moves the id to another column.
    it("must not have fields that a comma may have moved", function()
      assert_csv_refused(3, "3 fields in this line, and 2 in the first",
        "name,id\nSam,$1\nAgent, Alex,$2\n")
      assert_csv_refused(2, "3 fields", "Sam,$1\nAgent, Alex,$2\n", 2)
      assert_csv_refused(2, "3 fields", "id,name\n$1,Agent, Alex\n")
      -- The row lacks its note, so that it is as long as a row without a comma.
      -- The id of the manager stands where that of the user should be.
      assert_csv_refused(2, "4 fields in this line, and 5 in the first",
        "name,manager,id,note,team\nAgent, Alex,$2,$1\n", "id")
      assert_csv_refused(2, "5 fields in this line, and 4 in the first",
        "name,manager,id,note\nAgent, Alex,$2,$1,\n", "id")
    end)

    it("must have an id in every row", function()
      assert_csv_refused(3, "no user id", "name,id\nSam,$1\nAlex,\n")
      assert_csv_refused(3, "no user id", 'name,id\nSam,$1\nAlex," "\n')
      assert_csv_refused(2, "is not a user id", 'id,name\n"$1\n$2",Sam\n')
    end)

    -- Otherwise the second row would be part of the last field of the first.
    it("may have quotes around whole fields only", function()
      assert_csv_refused(2, "quote",
        'id,display\n$1,5" screen\n$2,3" screen\n')
      assert_csv_refused(2, "quote", 'id,name\n$1,"Alex\n$2,"Sam"\n')
      assert_csv_refused(2, "quote", 'id,name\n$1,"Alex" Agent\n')
      assert_csv_refused(2, "does not end", 'id,name\n$1,"Alex\n$2,Sam\n')
      assert_csv_refused(1, "quote", 'id,"name\n$1,Alex\n')
      assert_csv_refused(1, "quote", 'id,n"am"e\n$1,Alex\n')
    end)
  end)
end)

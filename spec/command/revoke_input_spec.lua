-- What is not surely a list of user ids is refused as a whole: an id that was
-- read wrong would be "not found", and somebody would stay logged in.

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

  -- One line says why and where, and nothing was sent.
  local function assert_refused(words, code, _, errors)
    assert.equal(2, code, errors)
    assert.truthy(errors:find(words, 1, true), errors)
    assert.equal(1, select(2, errors:gsub("\n", "")), errors)
    assert.same({}, (bench:reconcile()))
  end

  -- Exactly these users were sent, each once.
  local function assert_sent(numbers, code, _, errors)
    assert.equal(0, code, errors)
    local wanted = {}
    for _, number in ipairs(numbers) do
      wanted[uuid(number)] = 1
    end
    assert.same(wanted, (bench:reconcile()))
    bench:forget()
  end

  -- "$1" in a text stands for the id of user 1.
  local function with_ids(text)
    return (text:gsub("%$(%d)", function(number)
      return uuid(tonumber(number))
    end))
  end

  local function read(text, arguments)
    return bench:run(("--rate off --from %s %s"):format(
      bench:file("list", with_ids(text)), arguments or ""))
  end

  -- "/list:2: " and so on: the name of the file and the number of the line.
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

    it("is there, and is one thing", function()
      assert_refused("whose tokens?", bench:run(""))
      assert_refused("exclude each other", bench:run("a --from b"))
      assert_refused("--column", bench:run("a --column id"))
      assert_refused("cannot both read standard input",
        bench:run("--from - --token-file -"))
      assert_refused("cannot be the same file",
        bench:run("--from a --results a"))
      assert_refused("cannot be the same file",
        bench:run("--from a --resume a"))
      assert_refused("needs a file", bench:run("a --results -"))
    end)

    it("has numbers that make sense", function()
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
    it("is an id a line, and what editors leave between them", function()
      for _, text in ipairs({
        "$1\n$2\n", "$1\n$2", "$1\r\n$2\r\n", "\239\187\191$1\n$2\n",
        "\n\n $1\t\n\n$2\n \n\n",
      }) do
        assert_sent({ 1, 2 }, read(text))
      end
    end)

    it("may be empty", function()
      for _, text in ipairs({ "", "\n", " \r\n\r\n" }) do
        local code, output, errors = read(text)
        assert.equal(0, code)
        assert.equal("", output)
        assert.truthy(errors:find("0 done", 1, true))
      end
    end)

    it("is refused for one line that is no id, wherever it is", function()
      local start = revocations.list(300)
      for line, words in pairs({
        -- These would kill the administrator's token or read a setting.
        me = "another operation", Me = "another operation",
        timeout = "another operation",
        [".."] = "is a path", ["."] = "is a path",
        ["7f62 4c8e"] = '"7f62 4c8e" is not a user id',
        ["alex@example.com"] = "is not a user id",
        ['"$1"'] = "is not a user id",
        ["{$1}"] = "is not a user id",
        ["https://example.com/$1"] = "is not a user id",
        ["me%2e"] = "is not a user id",
        ["a\0b"] = '"a<00>b" is not a user id',
        ["a\rb"] = '"a<0D>b" is not a user id', -- old Macintoshes' lines
        ["\27[2J"] = '"<1B>[2J" is not a user id',
        ["$1\194\160"] = '<C2><A0>" is not a user id', -- no-break space
        ["\226\128\139$1"] = '"<E2><80><8B>0', -- zero width space
        ["\239\187\191$1"] = '"<EF><BB><BF>0', -- of a file appended
        ["M\252ller"] = '"M<FC>ller" is not a user id', -- not UTF-8
        [("x"):rep(65)] = "is not as long as 65 bytes",
      }) do
        assert_place(start .. line .. "\n$1\n", 301, words)
      end
    end)

    it("is no other kind of file", function()
      assert_place("\255\254a\0\n\0", 1, "UTF-16")
      assert_place("\254\255\0a\0\n", 1, "UTF-16")
      assert_place("a\0\n\0", 1, '"a<00>" is not a user id')
      assert_place("$1\n" .. ("x"):rep(1048576), 2, "does not end")
      assert_place("$1,Alex\n", 1, "--column")
      assert_place("$1;Alex\n", 1, "--column")
      assert_place("$1\tAlex\n", 1, "--column")
      assert_place("\127ELF\2\1\1\0\0\n", 1, "is not a user id")
      assert_place('{"user_id":"$1"}\n', 1, "is not a user id")
    end)

    it("can be read", function()
      assert_refused("No such file", bench:run("--from missing"))
      assert_refused("Is a directory", bench:run("--from /tmp"))
      assert_refused("does not end", bench:run("--from /dev/zero"))
      assert_refused("more than 67108864 bytes",
        bench:run("--from /dev/urandom"))
      assert_refused("could not read -", bench:run("--from - <&-"))
    end)

    -- As where /tmp is full: a list must not seem empty.
    it("is refused when the bytes of a pipe cannot be kept #built", function()
      for _, count in ipairs({ 20, 5000 }) do
        local list = bench:file("list", revocations.list(count))
        assert_refused("could not keep - in a temporary file",
          bench:run("--rate off --from -", {
            piped = "cat " .. list, before = "trap '' XFSZ; ulimit -f 1; ",
          }))
      end
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

    it("is given once", function()
      local list = bench:file("list", revocations.list(2))
      assert_refused("'--from' must be used at most 1 time",
        bench:run(("--from %s --from %s"):format(list, list)))
    end)

    it("shows no token that stands in it", function()
      local token = bench.emulator.tokens.admin
      local code, output, errors = bench:run("--from - --results "
        .. bench:path("results"), { piped = "echo " .. token })
      assert_refused("as long as", code, output, errors)
      assert.is_nil((output .. errors .. bench:text("results")):find(token, 1,
        true))
    end)
  end)

  describe("as CSV", function()
    local function assert_csv(numbers, text, column)
      assert_sent(numbers, read(text, "--column " .. (column or "id")))
    end

    local function assert_csv_refused(place, words, text, column)
      assert_place(text, place, words, "--column " .. (column or "id"))
    end

    it("has the ids in the column of a name, or of a number", function()
      assert_csv({ 1, 2 }, "name,id\nAlex,$1\nSam,$2\n")
      assert_csv({ 1, 2 }, "\239\187\191id , name\r\n $1,Alex\r\n$2 ,Sam\r\n")
      assert_csv({ 1, 2 }, "Alex,$1\nSam,$2\n", 2)
      assert_csv({ 1 }, "id\n$1\n")
      assert_csv({ 1 }, "user id,name\n$1,Alex\n", "'user id'")
    end)

    it("has fields in quotes, of several lines too", function()
      assert_csv({ 1, 2 }, 'name,"id"\n"Agent, Alex","$1"\nSam,$2\n')
      assert_csv({ 1, 2 }, 'note,id\n"one\nof\r\n""two""",$1\n"",$2\n')
      assert_csv({ 1 }, 'id,note\n$1,"the ""best"""\n')
    end)

    it("has semicolons or tabs in place of commas", function()
      assert_csv({ 1, 2 }, "name;id\nAgent, Alex;$1\nSam;$2\n")
      assert_csv({ 1, 2 }, '"name, first";id\n"Agent, Alex";$1\nSam;$2\n')
      assert_csv({ 1, 2 }, 'name\tid\n"Alex"\t"$1"\nSam\t$2\n')
      assert_csv({ 1 }, 'a\tid\tb\n\t$1\t"b"\n')
    end)

    it("may end as tables of spreadsheets do", function()
      assert_csv({ 1 }, "name,id\nAlex,$1\n,\n\n,\n")
    end)

    it("has that column, once", function()
      assert_csv_refused(1, 'no column "id"', "name,ID\nAlex,$1\n")
      assert_csv_refused(1, "two columns", "id,manager,id\n$1,x,$2\n")
      assert_csv_refused(1, "counted from 1", "a,b\n", 0)
      assert_csv_refused(1, "empty", "")
      assert_csv_refused(1, "no user id", "a,b\n", 3)
    end)

    -- The comma of a name that is not quoted moves the id to another column.
    it("has as many fields in every row", function()
      assert_csv_refused(3, "3 fields in this line, and 2 in the first",
        "name,id\nSam,$1\nAgent, Alex,$2\n")
      assert_csv_refused(2, "1 fields", "name,id\n$1\n")
      assert_csv_refused(2, "3 fields", "Sam,$1\nAgent, Alex,$2\n", 2)
    end)

    it("has an id in every row", function()
      assert_csv_refused(3, "no user id", "name,id\nSam,$1\nAlex,\n")
      assert_csv_refused(3, "no user id", 'name,id\nSam,$1\nAlex," "\n')
      assert_csv_refused(2, "is not a user id", 'id,name\n"$1\n$2",Sam\n')
    end)

    -- Else the second row would be part of the first one's last field.
    it("has quotes around whole fields only", function()
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

--- Responses of 200 whose body is not what was promised. The deletes promise
--- none, and do not look; a HEAD has none.

local responses = require "spec.faults.responses"

local answer, http = responses.answer, responses.http

-- In 16 bits a character, the lower byte first.
local function utf_16(ascii)
  return (ascii:gsub(".", "%0\0"))
end


local GZIP = "Content-Encoding: gzip\r\n"

-- Zeros, compressed with fixed Huffman codes (RFC 1951, 3.2.6): the head of the
-- file and the first zero, and then eight times "the last byte 258 times over"
-- for as long as one likes.
local BOMB_HEAD = "\31\139\8\0\0\0\0\0\0\3\98\24"
local BOMB = "\5\163\96\20\140\130\81\48\10\70\193\40\24"
local TIMES = math.ceil(2 ^ 30 / (8 * 258)) -- 1 GiB

-- The same in RFC 8878: the head of a frame with a window of 2 MiB, and blocks
-- that are one byte 128 KiB over.
local ZSTD = "Content-Encoding: zstd\r\n"
local ZSTD_WINDOW = "\40\181\47\253\0"
local ZSTD_HEAD = ZSTD_WINDOW .. "\88"
local ZSTD_BOMB = "\2\0\16\0"

-- What every object's body is refused for.
local function refused(name, body, lines)
  return {
    name, connection = answer(http(body, lines)),
    expect = "protocol", empty = "ok", head = "ok",
  }
end


-- What can be read, and what has come of it.
local function read(name, body, result)
  return {
    name, connection = answer(http(body)), expect = "ok", result = result,
  }
end


return {
  refused("nothing", ""),
  refused("white space", " \r\n\t "),
  refused("a page in place of JSON", "<!DOCTYPE html><title>Log in</title>"),
  refused("a list", "[1]"),
  refused("a string", '"a"'),
  refused("null", "null"),
  refused("a number", "1"),
  refused("half an object", '{"a":'),
  refused("an object and more", '{"a":1}{"a":2}'),
  refused("an object with a comment", '{"a":1 /* one */}'),
  refused("UTF-16", "\255\254" .. utf_16(responses.OBJECT)),
  refused("UTF-16 without a mark", utf_16(responses.OBJECT)),
  refused("a byte order mark", '\239\187\191{"a":1}'),
  refused("NaN", '{"a":NaN}'),
  refused("nesting 10 000 deep",
    ('{"a":'):rep(10000) .. "1" .. ("}"):rep(10000)),
  refused("lists 10 000 deep",
    '{"a":' .. ("["):rep(10000) .. ("]"):rep(10000) .. "}"),
  refused("a NUL in a string", '{"a":"\0"}'),
  refused("half a surrogate pair", '{"a":"\\ud800"}'),

  read("invalid UTF-8", '{"a":"\255\192\128"}', { a = "\255\192\128" }),
  read("a key that comes twice", '{"a":1,"a":2}', { a = 2 }),
  read("1e400", '{"a":1e400}', { a = math.huge }),
  read("-0", '{"a":-0}', { a = 0 }),
  read("20 digits", '{"a":12345678901234567890}', { a = 12345678901234567890 }),
  read("null in a field", '{"a":null,"b":1}', { a = false, b = 1 }),

  { "204 with a body, and a connection that stays",
    connection = responses.answer_and_go_on(
      http(responses.OBJECT, nil, "204 No Content")),
    expect = "protocol", empty = "ok", head = "ok" },

  { "more than max_response_bytes",
    connection = answer(http('{"a":"' .. ("x"):rep(2 ^ 20) .. '"}')),
    expect = "protocol", empty = "ok", head = "ok" },
  refused("garbage in place of gzip", "garbage", GZIP),
  refused("gzip that is cut", BOMB_HEAD .. BOMB, GZIP),
  { "1 GiB of zeros in 6.5 MiB of gzip",
    connection = { { "request" }, { "send", http(BOMB_HEAD, GZIP) },
      { "send", BOMB, TIMES } },
    expect = "protocol", empty = "ok", head = "ok" },
  { "1 GiB of zeros in 32 KiB of zstd",
    connection = { { "request" }, { "send", http(ZSTD_HEAD, ZSTD) },
      { "send", ZSTD_BOMB, 2 ^ 30 / 2 ^ 17 } },
    expect = "protocol", empty = "ok", head = "ok" },
  -- as much memory as a decoder may take, and more
  { "zstd with a window of 128 MiB",
    connection = { { "request" }, { "send", http(ZSTD_WINDOW .. "\136", ZSTD) },
      { "send", ZSTD_BOMB, 64 } },
    expect = "protocol", empty = "ok", head = "ok" },
  refused("zstd with a window of 3 TiB", ZSTD_WINDOW .. "\255" .. ZSTD_BOMB,
    ZSTD),
  refused("garbage in place of br", "garbage", "Content-Encoding: br\r\n"),
  refused("garbage in place of zstd", "garbage", ZSTD),
  refused("garbage in place of deflate", "garbage",
    "Content-Encoding: deflate\r\n"),
  refused("gzip in gzip that is none", responses.OBJECT,
    "Content-Encoding: gzip, gzip\r\n"),
  refused("1000 codings", responses.OBJECT, GZIP:rep(1000)),
  refused("1000 codings in a line", responses.OBJECT,
    "Content-Encoding: " .. ("gzip,"):rep(1000) .. "\r\n"),
  refused("a coding that nobody knows", responses.OBJECT,
    "Content-Encoding: rot13\r\n"),
}

--- What the fleet does in Redis: four scripts, each of which Redis runs as one
-- step. They run in Redis' own Lua 5.1.
--
--   LOG     a stream, the order of all marks. Its ids are N-R: N counts the
--           marks, R is random, so that two histories never share an id.
--           Fields: k, the kind of mark ("t" forget a token, "d" it is revoked,
--           "o" forget an organisation, "*" all); w, what it names; e, the
--           epoch, a random number that names the history; g, the number of the
--           last mark "o" or "*"
--   RECORD  what one machine has found out of a token (record.lua)
--   LEASE   the owner of the question about a token, or "!" while Genesys
--           limits it
--   MACHINES  who has polled within the last seconds
--
-- An epoch that is not the caller's means that the history which the caller
-- knows is lost. Numbers go out as text: as numbers, large ones would arrive in
-- scientific notation.


local scripts = {}


-- Every script begins with this. A replica refuses PERSIST, and PERSIST of a
-- key without a time limit is not propagated, so it costs nothing.
local PROLOGUE = [[
local LOG, R, E = KEYS[1], ARGV[1], ARGV[2]
redis.call('PERSIST', LOG)

local function text(n) return string.format('%.0f', n) end
local function number(id) return tonumber(string.match(id, '^%d+')) end
local function is_in_log(id)
  return redis.call('XRANGE', LOG, id, id)[1] ~= nil
end
local function add(n, kind, what, epoch, last_wide)
  local id = text(n) .. '-' .. R
  redis.call('XADD', LOG, 'MAXLEN', '~', '10000', id,
    'k', kind, 'w', what, 'e', epoch, 'g', text(last_wide))
  return id
end

local last = redis.call('XREVRANGE', LOG, '+', '-', 'COUNT', 1)[1]
if not last then
  redis.call('DEL', LOG)
  add(1, '*', '', R, 1)
  last = redis.call('XREVRANGE', LOG, '+', '-', 'COUNT', 1)[1]
end
local id, epoch, last_wide = last[1], last[2][6], tonumber(last[2][8])

-- Begins another epoch where an entry is gone that was not trimmed: this log
-- lacks marks that were acknowledged.
local function check_history(known)
  local first = redis.call('XRANGE', LOG, '-', '+', 'COUNT', 1)[1]
  if E == epoch and known ~= '' and number(known) >= number(first[1])
     and not is_in_log(known) then
    epoch, last_wide = R, math.max(number(id), number(known)) + 1
    id = add(last_wide, '*', '', epoch, last_wide)
  end
  return number(first[1])
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Of a record: its epoch, number, time and milliseconds.
local function read_record()
  local record = redis.call('GET', KEYS[2])
  if record then
    local e, n, t, soft = string.match(record,
      '^%S+ 1 (%d+) (%d+) (%d+) (%d+) ')
    return record, e, tonumber(n), tonumber(t), tonumber(soft)
  end
end

-- Whether one of the marks after a number is for all tokens or has one of these
-- names; nil when there are too many to look at.
local function is_overtaken(n, most, names)
  if n == number(id) then
    return false
  end
  local marks = redis.call('XRANGE', LOG, text(n + 1) .. '-0', '+',
    'COUNT', most)
  if #marks == most then
    return nil
  end
  for _, mark in ipairs(marks) do
    if mark[2][2] == '*' or names[mark[2][4] ] then
      return true
    end
  end
  return false
end
]]


--- LOOK: the record of a token, or the lease to ask about it.
-- Keys: LOG, RECORD, LEASE. Arguments: random, epoch, owner, milliseconds of
-- the lease, the most milliseconds for which a record may be used, those of
-- them that must be left, name of the token.
-- Returns one of
--   reset
--   record, id, its age in milliseconds, the record
--   limited
--   lead, id, time
--   wait, id, time
scripts.look = PROLOGUE .. [[
if E ~= epoch then
  return { 'reset' }
end
local record, e, n, t, soft = read_record()
if record and e == epoch and n >= last_wide and n <= number(id)
   and t <= now then
  soft = math.min(soft, tonumber(ARGV[5]))
  local ahead = math.min(tonumber(ARGV[6]), soft / 2)
  if now < t + soft - ahead
     and not is_overtaken(n, 200, { [ARGV[7] ] = true }) then
    return { 'record', id, text(now - t), record }
  end
end
local owner = redis.call('GET', KEYS[3])
if owner == '!' then
  return { 'limited' }
end
if owner == ARGV[3]
   or redis.call('SET', KEYS[3], ARGV[3], 'NX', 'PX', ARGV[4]) then
  return { 'lead', id, text(now) }
end
return { 'wait', id, text(now) }
]]


--- STORE: what came of the question; ends the lease.
-- Keys: LOG, RECORD, LEASE. Arguments: random, epoch, owner, the id and time of
-- LOOK, milliseconds of the record, what ("valid", "invalid", "failed",
-- "limited"), the record, and the names whose marks it obeys.
-- Returns done; stored; overtaken: a mark came meanwhile; newer: there is a
-- newer record; unknown: whether a mark came cannot be told.
scripts.store = PROLOGUE .. [[
local what, t = ARGV[7], tonumber(ARGV[5])
if redis.call('GET', KEYS[3]) == ARGV[3] then
  if what == 'limited' then
    redis.call('SET', KEYS[3], '!', 'PX', '2000')
  else
    redis.call('DEL', KEYS[3])
  end
end
if what == 'invalid' then
  redis.call('DEL', KEYS[2])
end
if what ~= 'valid' then
  return { 'done' }
end
local left = math.floor(t + tonumber(ARGV[6]) - now)
if E ~= epoch or not is_in_log(ARGV[4]) or now < t or left < 1 then
  return { 'unknown' }
end
local names = {}
for i = 9, #ARGV do
  names[ARGV[i] ] = true
end
local overtaken = is_overtaken(number(ARGV[4]), 1000, names)
if overtaken == nil then
  return { 'unknown' }
elseif overtaken then
  return { 'overtaken' }
end
local record, e, _, other = read_record()
if record and e == epoch and other > t and other <= now then
  return { 'newer' }
end
redis.call('SET', KEYS[2], ARGV[8], 'PX', text(left))
return { 'stored' }
]]


--- MARK: tells the fleet to forget.
-- Keys: LOG, RECORD. Arguments: random, epoch, the highest id that the caller
-- was told, kind, what it names.
-- Returns epoch and id of the mark.
scripts.mark = PROLOGUE .. [[
check_history(ARGV[3])
local kind, n = ARGV[4], number(id) + 1
local is_wide = kind == 'o' or kind == '*'
id = add(n, kind, ARGV[5], epoch, is_wide and n or last_wide)
if not is_wide then
  redis.call('DEL', KEYS[2])
end
return { epoch, id }
]]


--- BEAT: the marks that have come since.
-- Keys: LOG, MACHINES. Arguments: random, epoch, the id up to which marks were
-- applied, the highest id that the caller was told, the most marks, the
-- caller's own id, milliseconds for which a machine counts as seen.
-- Returns reset or marks; epoch; the last id; the number of machines; and of
-- each mark its id, kind and name.
scripts.beat = PROLOGUE .. [[
local machines, count = { ARGV[6] .. ' ' .. text(now) .. ';' }, 1
for name, at in string.gmatch(redis.call('GET', KEYS[2]) or '',
    '(%S+) (%d+);') do
  local age = now - tonumber(at)
  if name ~= ARGV[6] and age >= 0 and age < tonumber(ARGV[7]) then
    count = count + 1
    machines[count] = name .. ' ' .. at .. ';'
  end
end
redis.call('SET', KEYS[2], table.concat(machines), 'PX', ARGV[7])

local first = E == epoch and check_history(ARGV[4])
if first and E == epoch then
  check_history(ARGV[3])
end
if E ~= epoch or number(ARGV[3]) < first - 1 then
  return { 'reset', epoch, id, text(count) }
end
local answer = { 'marks', epoch, id, text(count) }
for _, mark in ipairs(redis.call('XRANGE', LOG, '(' .. ARGV[3], '+',
    'COUNT', ARGV[5])) do
  local at = #answer
  answer[at + 1], answer[at + 2], answer[at + 3] =
    mark[1], mark[2][2], mark[2][4]
end
return answer
]]


return scripts

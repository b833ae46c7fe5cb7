--- How full a shared dict is, and how many tokens it knows.
--
-- Nothing counts the entries of a dict. To list the keys of a million holds up
-- all workers. So at most a thousand are listed. Where there are more, the
-- number of tokens is estimated: from the memory in use, the mean size of a few
-- entries, and the share of records among the thousand. It is too high where
-- pages have unused room: after a flood has ended, say.

local MOST_KEYS = 1000 -- listed at a time, for which the dict is locked

-- Of these, one in so many has its size looked at. A prime number, as entries
-- of several kinds may alternate.
local SIZED_EVERY = 47

local RECORD = "^p" -- the keys of records: cache.lua
local OVERHEAD = 68 -- bytes of an entry besides key and value, on 64 bits
local PAGE = 4096 -- bytes; an entry has a power of two below, or whole pages


local dict_usage = {}


-- What nginx allocates for an entry.
local function allocated(key, value)
  local bytes = OVERHEAD + #key + #tostring(value)
  if bytes > PAGE / 2 then
    return math.ceil(bytes / PAGE) * PAGE
  end
  return 2 ^ math.ceil(math.log(bytes) / math.log(2))
end


-- A page where all have gone meanwhile.
local function mean_size(cache, keys)
  local sum, count = 0, 0
  for i = 1, #keys, SIZED_EVERY do
    local value = cache:value_of(keys[i])
    if value ~= nil then
      sum, count = sum + allocated(keys[i], value), count + 1
    end
  end
  return count > 0 and sum / count or PAGE
end


---@class gctokens.guard.DictUsage
---@field capacity_bytes integer
---@field free_bytes integer of the pages that are free
---@field tokens integer valid ones, until their records end
---@field is_estimate boolean whether that number is one

---@param cache gctokens.guard.Cache
---@return gctokens.guard.DictUsage of its shared dict
function dict_usage.of(cache)
  local dict = cache.dict
  local capacity, free = dict:capacity(), dict:free_space()
  local keys, records = dict:get_keys(MOST_KEYS), 0
  for _, key in ipairs(keys) do
    if key:find(RECORD) then
      records = records + 1
    end
  end
  local is_estimate = #keys == MOST_KEYS
  if is_estimate then
    local entries = (capacity - free) / mean_size(cache, keys)
    records = math.max(records, entries * records / #keys)
  end
  return {
    capacity_bytes = capacity, free_bytes = free,
    tokens = math.floor(records), is_estimate = is_estimate,
  }
end


return dict_usage

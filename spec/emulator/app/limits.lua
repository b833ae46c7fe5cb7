-- Requests counted in fixed windows of a minute, each of which begins with
-- the first request counted in it.

local windows = ngx.shared.windows

local SECONDS = 60

local _M = {}


-- Counts one more for `key` now. Returns how many the window has by now and the
-- whole seconds until it ends, at least 1.
function _M.count(key, now)
  -- The value is when the window began, its user flags are the count: one
  -- entry instead of two.
  local began, count = windows:get(key)
  if not began or now >= began + SECONDS then
    began, count = now, 0
  end
  count = (count or 0) + 1
  windows:set(key, began, 0, count)
  return count, math.max(1, math.ceil(began + SECONDS - now))
end


function _M.reset()
  windows:flush_all()
end


return _M

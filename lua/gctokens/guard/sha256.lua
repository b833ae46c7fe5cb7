--- SHA-256, from the module that OpenResty has, or from Debian's.

-- The same module: Debian's name for it, and OpenResty's.
local found, resty_sha256 = pcall(require, "resty.sha256")
if not found then
  found, resty_sha256 = pcall(require, "nginx.sha256")
end
if not found then
  error("gctokens.guard needs resty.sha256 (lua-resty-string) or Debian's "
    .. "nginx.sha256 (package lua-nginx-string)")
end


local sha256 = {}


--- A hash with the methods reset, update and final.
---@return table
function sha256.new()
  return resty_sha256:new()
end


return sha256

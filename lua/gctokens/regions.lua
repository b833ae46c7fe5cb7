--- Genesys Cloud regions: from what people call them to a domain.
-- Source: the region lists of Genesys' SDKs, command line and Terraform
-- provider, which differ in spelling and in which regions they know.

local regions = {}


--- AWS name -> domain. The API is at https://api.<domain>, the login at
--- https://login.<domain>.
---@type table<string, string>
regions.domains = {
  ["us-east-1"] = "mypurecloud.com",
  ["us-east-2"] = "use2.us-gov-pure.cloud", -- FedRAMP
  ["us-west-2"] = "usw2.pure.cloud",
  ["ca-central-1"] = "cac1.pure.cloud",
  ["mx-central-1"] = "mxc1.pure.cloud",
  ["sa-east-1"] = "sae1.pure.cloud",
  ["eu-west-1"] = "mypurecloud.ie",
  ["eu-west-2"] = "euw2.pure.cloud",
  ["eu-central-1"] = "mypurecloud.de",
  ["eu-central-2"] = "euc2.pure.cloud",
  ["eusc-de-east-1"] = "edee1.eusc-pure.cloud",
  ["me-central-1"] = "mec1.pure.cloud",
  ["ap-northeast-1"] = "mypurecloud.jp",
  ["ap-northeast-2"] = "apne2.pure.cloud",
  ["ap-northeast-3"] = "apne3.pure.cloud",
  ["ap-southeast-1"] = "apse1.pure.cloud",
  ["ap-southeast-2"] = "mypurecloud.com.au",
  ["ap-south-1"] = "aps1.pure.cloud",
}

regions.default = "us-east-1"


-- How many single-character edits turn `a` into `b` (Levenshtein).
local function distance(a, b)
  local previous = {}
  for j = 0, #b do
    previous[j] = j
  end
  for i = 1, #a do
    local current = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      current[j] = math.min(
        previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
    end
    previous = current
  end
  return previous[#b]
end


local MAX_SUGGESTED_DISTANCE = 3


--- The known region that is spelt most like `name`, or nil.
---@param name string
---@return string?
function regions.nearest(name)
  local best, best_distance
  for region in pairs(regions.domains) do
    local d = distance(name, region)
    if not best or d < best_distance
       or (d == best_distance and region < best) then
      best, best_distance = region, d
    end
  end
  return best_distance <= MAX_SUGGESTED_DISTANCE and best or nil
end


-- Labels of letters, digits and inner hyphens (RFC 1123), at least two.
local function is_domain(text)
  local labels = 0
  if #text > 253 or text:find("..", 1, true) or text:find("[^%w.-]") then
    return false
  end
  for label in text:gmatch("[^.]+") do
    labels = labels + 1
    if #label > 63 or label:find("^-") or label:find("-$") then
      return false
    end
  end
  return labels >= 2 and not text:find("^%.") and not text:find("%.$")
end


--- The domain of a region given as an AWS name with `-` or `_`, a bare domain
--- or a URL of the API, the login or the web app, in any letter case.
---@param text string
---@return string? domain, string? message why there is none
---@nodiscard
function regions.resolve(text)
  local name = text:lower()
  local domain = regions.domains[(name:gsub("_", "-"))]
  if domain then
    return domain
  end
  local host = name:gsub("^https://", ""):gsub("/+$", "")
  host = host:match("^api%.(.*)") or host:match("^login%.(.*)")
    or host:match("^apps%.(.*)") or host
  if is_domain(host) then
    return host
  end
  if #name > 64 or name:find("[^%w_.:/-]") then
    return nil, "is neither an AWS region name nor a domain"
  end
  local nearest = regions.nearest((name:gsub("_", "-")))
  local hint = nearest and (", did you mean %q?"):format(nearest) or ""
  return nil, ("%q is neither a known region nor a domain%s"):format(
    text, hint)
end


return regions

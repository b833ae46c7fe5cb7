--- Genesys Cloud regions: from their names to a domain.
-- Source: the region lists of Genesys' SDKs, command line and Terraform
-- provider, which differ in spelling and in the regions they know.

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

-- Most edits between a misspelt domain and the known one that is meant.
local MOST_MISTAKES = 2

-- Bytes of the longest URL of a domain, and of the longest name that an error
-- shows: a secret that was set in its place by mistake is longer.
local LONGEST, LONGEST_SHOWN = 300, 40

-- Parent domains of Genesys' newer regions, and of those to come.
local PARENTS = { ".pure.cloud", ".us-gov-pure.cloud", ".eusc-pure.cloud" }

local UNKNOWN = "the value is neither an AWS region name nor a domain"


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


local function known_domains()
  local known = {}
  for _, name in pairs(regions.domains) do
    known[name] = true
  end
  return known
end


--- Whether a domain is Genesys' own: a known region's, or below one of Genesys'
--- parent domains.
---@param domain string lower case
---@return boolean
function regions.is_genesys(domain)
  if known_domains()[domain] then
    return true
  end
  for _, parent in ipairs(PARENTS) do
    if domain:sub(-#parent) == parent then
      return true
    end
  end
  return false
end


-- The known domain that this one misspells, or nil.
local function misspelt(domain)
  if regions.is_genesys(domain) then
    return nil
  end
  local suggest = require("gctokens.suggest")
  local nearest, edits = suggest.nearest(domain, known_domains())
  return nearest and edits <= MOST_MISTAKES and nearest or nil
end


--- The domain of a region given as an AWS name with `-` or `_`, a bare domain
--- or a URL of the API, the login or the web app, in any letter case. A domain
--- that is nearly a known one is refused: tokens and secrets would go to its
--- owner.
---@param text string
---@return string? domain, string? message why there is none
---@nodiscard
function regions.resolve(text)
  if #text > LONGEST then
    return nil, UNKNOWN
  end
  local name = text:lower()
  local aws_name = name:gsub("_", "-")
  local domain = regions.domains[aws_name]
  if domain then
    return domain
  end
  local host = name:gsub("^https://", ""):gsub("/+$", "")
  host = host:match("^api%.(.*)") or host:match("^login%.(.*)")
    or host:match("^apps%.(.*)") or host
  if is_domain(host) then
    local meant = misspelt(host)
    if meant then
      return nil, ("%q is not a domain of Genesys Cloud, did you mean %q? "
        .. "(base_url takes any other)"):format(host, meant)
    end
    return host
  end
  if #name > LONGEST_SHOWN or name:find("[^%w_.:/-]") then
    return nil, UNKNOWN
  end
  local hint = name:find("://", 1, true) and " (base_url takes other URLs)"
    or require("gctokens.suggest").hint(aws_name, regions.domains)
  return nil, ("%q is neither a known region nor a domain%s"):format(
    text, hint)
end


return regions

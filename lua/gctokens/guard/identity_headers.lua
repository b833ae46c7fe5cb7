--- The headers with which the application behind the guard learns who asks.
--
-- Whatever the client has sent under those names is removed first, in every
-- spelling: CGI and its relatives do not tell "-" from "_", so that
-- X_Genesys-Organization_Id would be as good as the real one.
--
-- Both are done for every request, so both are compiled, from the option, into
-- functions without a loop: LuaJIT leaves a function with a short loop in it to
-- the interpreter. A name with many separators has too many spellings for that:
-- each separator doubles them, so such names are looked for among the headers
-- that have come. The request's headers are asked for as a table because a
-- look at $http_... would be kept: a variable that nginx.conf uses, too, would
-- go on saying what the client has sent.
--
-- A subrequest has a copy of the list that its parent's headers are in. What is
-- removed from the copy is still in the list, which the application gets when
-- the subrequest is auth_request's. Such a request has to say what is so.

local ngx = ngx


-- Separators of a name of which all spellings are tried: 16 of them.
local MOST_SEPARATORS = 4


-- All spellings of a lower-case name: each separator as "-" and as "_".
local function spellings_of(name, list, from)
  local at = name:find("[-_]", from)
  if not at then
    list[#list + 1] = name
    return list
  end
  for _, separator in ipairs({ "-", "_" }) do
    spellings_of(
      name:sub(1, at - 1) .. separator .. name:sub(at + 1), list, at + 1)
  end
  return list
end


-- A function of the statements; in them, `received` are the request's headers,
-- `who` is an identity, and `found` is what it returns.
local function compile(statements, search)
  local source = ([[
    local rawget, clear_header, set_header, search = ...
    return function(received, who)
      local found = false
      %s
      return found
    end
  ]]):format(table.concat(statements, "\n"))
  return assert(loadstring(source, "=gctokens.guard.identity_headers"))(
    rawget, ngx.req.clear_header, ngx.req.set_header, search)
end


-- A function that removes those of the headers received whose names, in the
-- spelling with dashes, are in the set, and returns whether there were any.
local function search_for(names)
  return function(received)
    local found = false
    for name in pairs(received) do
      if names[(name:gsub("_", "-"))] then
        ngx.req.clear_header(name)
        found = true
      end
    end
    return found
  end
end


-- A function that says whether the headers received tell of `who`, nil being
-- nobody, what is so. `fields`: name in the spelling with dashes -> field.
local function truth_of(fields)
  return function(received, who)
    for name, value in pairs(received) do
      local field = fields[(name:gsub("_", "-"))]
      if field and not (who and value == who[field]) then
        return false
      end
    end
    return true
  end
end


local upstream = {}


---@param headers table<string, string> name -> field of the identity; checked
---  by settings.lua
function upstream.new(headers)
  local clearing, setting, searched, fields = {}, {}, {}, {}
  for name, field in pairs(headers) do
    local dashed, separators = name:lower():gsub("[-_]", "-")
    fields[dashed] = field
    if separators > MOST_SEPARATORS then
      searched[dashed] = true
    else
      for _, spelling in ipairs(spellings_of(dashed, {}, 1)) do
        clearing[#clearing + 1] = ("if rawget(received, %q) ~= nil then "
          .. "clear_header(%q) found = true end"):format(spelling, spelling)
      end
    end
    setting[#setting + 1] =
      ("if who.%s then set_header(%q, who.%s) end"):format(field, name, field)
  end
  local search
  if next(searched) then
    search = search_for(searched)
    clearing[#clearing + 1] = "found = search(received) or found"
  end
  return {
    --- Removes what only the guard may say, and returns whether anything was.
    --- function(received): the request's headers, as ngx.req.get_headers gives
    --- them.
    clear = compile(clearing, search),
    --- Whether what was said is so. function(received, who?)
    is_true = truth_of(fields),
    --- Tells the application who asks. function(received, who)
    set = compile(setting),
  }
end


return upstream

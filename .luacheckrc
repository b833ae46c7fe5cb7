std = "min"
max_line_length = 80
cache = false

files["lua/gctokens/meta"] = {
  ignore = { "212", "241" }, -- the bodies of documented functions are empty
  max_line_length = false,
}
files["lua/gctokens/guard"] = { std = "ngx_lua" }
files["lua/gctokens/guard.lua"] = { std = "ngx_lua" }
files["lua/gctokens/loop/nginx.lua"] = { std = "ngx_lua" }
files["lua/gctokens/nginx_log.lua"] = { std = "ngx_lua" }
files["lua/bin"] = { globals = { "arg" } }
files["spec"] = { std = "min+busted" }
files["spec/bench"] = { globals = { "arg" } }
files["spec/bench/burst.lua"] = { std = "ngx_lua" }
files["spec/bench/cosocket.lua"] = { std = "ngx_lua" }
files["spec/bench/wrk.lua"] = {
  globals = { "delay", "done", "init", "request", "wrk" },
}
files["spec/coverage"] = { globals = { "arg" } }
files["spec/demo"] = { globals = { "arg" } }
files["spec/emulator/tool.lua"] = { globals = { "arg" } }
files["spec/emulator/app"] = { std = "ngx_lua" }
files["spec/mutation"] = { globals = { "arg" } }
files["spec/soak"] = { globals = { "arg" } }
files["spec/support/nginx/ports.lua"] = { globals = { "arg" } }
files["spec/support/nginx/owner.lua"] = { std = "ngx_lua" }
files["rockspec"] = {
  std = "rockspec",
}
files["spec/documentation/ldoc.lua"] = {
  globals = {
    "project", "title", "description", "file", "dir", "custom_tags", "alias",
  },
}

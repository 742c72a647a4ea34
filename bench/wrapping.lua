-- Wraps and unwraps for wrk: wrk ... -s wrapping.lua ADDRESS -- TOKEN
-- Each answer that came wrapped is taken by one of the next requests.
local wrap, waiting = nil, {}

init = function(args)
  local headers = { ["X-Vault-Token"] = args[1], ["X-Vault-Wrap-TTL"] = "300", ["Content-Type"] = "application/json" }
  wrap = wrk.format("POST", "/v1/sys/wrapping/wrap", headers, '{"password":"s3cr3t-0123456789"}')
end

request = function()
  local token = table.remove(waiting)
  if token == nil then return wrap end
  return wrk.format("POST", "/v1/sys/wrapping/unwrap", { ["X-Vault-Token"] = token })
end

response = function(status, headers, body)
  local token = body:match('"wrap_info":{"token":"([^"]+)"')
  if token ~= nil then waiting[#waiting + 1] = token end
end

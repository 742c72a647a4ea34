-- Makes tokens for wrk: wrk ... -s tokens.lua ADDRESS -- TOKEN
init = function(args)
  wrk.method, wrk.body, wrk.path = "POST", '{"policies":["default"],"ttl":"1h"}', "/v1/auth/token/create-orphan"
  wrk.headers["X-Vault-Token"] = args[1]
  wrk.headers["Content-Type"] = "application/json"
end

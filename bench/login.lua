-- AppRole logins for wrk: wrk ... -s login.lua ADDRESS -- ROLE_ID SECRET_ID
local login

init = function(args)
  local body = '{"role_id":"' .. args[1] .. '","secret_id":"' .. args[2] .. '"}'
  login = wrk.format("POST", "/v1/auth/approle/login", { ["Content-Type"] = "application/json" }, body)
end

request = function() return login end

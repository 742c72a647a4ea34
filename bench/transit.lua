-- One request again and again for wrk: wrk ... -s transit.lua ADDRESS -- TOKEN PATH FILE
-- FILE holds the body, which may be long.
local request_text

init = function(args)
  local file = assert(io.open(args[3], "rb"))
  local headers = { ["X-Vault-Token"] = args[1], ["Content-Type"] = "application/json" }
  request_text = wrk.format("POST", "/v1/" .. args[2], headers, file:read("*a"))
  file:close()
end

request = function() return request_text end

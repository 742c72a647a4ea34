-- KV writes for wrk: wrk ... -s writes.lua ADDRESS -- TOKEN PREFIX
-- The requests are made before the clock starts, each for a key of its own: writers do not contend for rows.
local keys = 16384
local requests = {}
local at = 0

init = function(args)
  local headers = { ["X-Vault-Token"] = args[1], ["Content-Type"] = "application/json" }
  local body = '{"data":{"username":"application","password":"s3cr3t-0123456789-abcdefghijklmnopqrstuvwxyz"}}'
  for i = 1, keys do
    requests[i] = wrk.format("POST", "/v1/secret/data/" .. args[2] .. "/" .. i, headers, body)
  end
end

request = function()
  at = at % keys + 1
  return requests[at]
end

-- Online and Count.
--
-- ARGV   3… ids whose liveness keys a walk has found
-- reply  of each PTTL: -1 without a TTL; 0 if the key is not that of a workspace
local prefix, keys = ARGV[1], {}
for i = 3, #ARGV do
  keys[#keys + 1] = prefix .. ARGV[i]
end
local values = redis.call('MGET', unpack(keys))
local found = {}
for i, key in ipairs(keys) do
  found[i] = values[i] == 'online' and redis.call('PTTL', key) or 0
end
return found

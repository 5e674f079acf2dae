-- Extend.
--
-- KEYS   8 liveness key
-- ARGV   3 lease  4 token  5 id
-- reply  the standing
local lease, token, id = tonumber(ARGV[3]), ARGV[4], ARGV[5]
local stands = standing(id, token)
if stands ~= LOST then
  dequeue(id)
  redis.call('ZADD', leased, now + lease, id)
end
return stands

-- Acknowledge.
--
-- KEYS   8 liveness key
-- ARGV   3 token  4 id
-- reply  1 if the caller was the holder, else 0
local token, id = ARGV[3], ARGV[4]
local stands = standing(id, token)
if stands == LOST then return 0 end
if stands == CAME_BACK then
  endLease(id, now)
else
  removeDeath(id)
  redis.call('ZADD', recent, now, id)
end
return 1

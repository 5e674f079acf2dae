-- Withdraw.
--
-- KEYS   8 liveness key
-- ARGV   3 TTL that is granted  4 token  5 id
-- reply  1 if the caller was the holder, else 0
local granted, token, id = tonumber(ARGV[3]), ARGV[4], ARGV[5]
local stands, r = standing(id, token)
if stands == LOST then return 0 end
if stands == CAME_BACK then
  endLease(id, now)
  return 1
end
removeDeath(id)
redis.call('SET', livenessKey, 'online', 'PX', granted)
redis.call('ZADD', deadlines, now + math.min(granted, ttl), id)
write(id, {kind = 'W', cause = r.cause, deadline = now + granted, token = '0', attempts = 0, since = r.since})
return 1

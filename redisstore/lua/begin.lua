-- Begin.
--
-- KEYS   8 liveness key  9 key of the URL  10 key of the internal URL
-- ARGV   3 token  4 id
-- reply  the standing
local token, id = ARGV[3], ARGV[4]
local stands, r = standing(id, token)
if stands ~= HELD then return stands end
r.attempts = r.attempts + 1
if r.attempts == 1 then
  redis.call('DEL', urlKey, internalURLKey)
  redis.call('ZREM', fresh, id)
end
write(id, r)
redis.call('ZADD', recent, now, id)
return HELD

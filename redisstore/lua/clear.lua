-- Clear.
--
-- KEYS   8 liveness key  9 key of the URL  10 key of the internal URL
-- ARGV   3 id
-- reply  1
local id = ARGV[3]
redis.call('DEL', livenessKey, urlKey, internalURLKey)
local indexed = redis.call('ZREM', deadlines, id) == 1
local known = endDeath(id)
if known or not indexed then redis.call('ZREM', recent, id) end
return 1

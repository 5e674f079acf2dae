-- Forget.
--
-- KEYS   8 liveness key  9 key of the URL  10 key of the internal URL
-- ARGV   3 id
-- reply  1 if the workspace was forgotten, else 0
local id = ARGV[3]
local r = read(id)
if isOnline(id) or leaseEnd(id) or r and r.attempts > 0 then return 0 end
if isRecent(id) then return 0 end
redis.call('DEL', urlKey, internalURLKey)
redis.call('ZREM', deadlines, id)
redis.call('ZREM', recent, id)
removeDeath(id)
return 1

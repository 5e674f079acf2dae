-- Expire.
--
-- KEYS   8 liveness key
-- ARGV   3 id
-- reply  1 if the workspace was online, else 0
local id = ARGV[3]
if not isOnline(id) then return 0 end
if not redis.call('ZSCORE', deadlines, id) then noticeComeback(id) end
local granted = now + redis.call('PTTL', livenessKey)
redis.call('DEL', livenessKey)
die(id, now, 'e', allowedTime(), granted)
return 1

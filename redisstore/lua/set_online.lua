-- SetOnline, SetOnlineFor and Register.
--
-- KEYS   8 liveness key  9 key of the URL  10 key of the internal URL
-- ARGV   3 TTL that is granted  4 KeepDeaths
--        5 URL, 6 internal URL, 7 TTL of URLs: an empty URL stays as it is
--        8 1 by SetOnlineFor, which is no comeback (R8), else 0
--        9 id
-- reply  1, or the error of the first write, which a full server refuses
local granted, keepDeaths, id = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[9]
local set = redis.pcall('SET', KEYS[8], 'online', 'PX', granted)
if set.err then return set end
for i = 0, 1 do
  if ARGV[5 + i] ~= '' then redis.call('SET', KEYS[9 + i], ARGV[5 + i], 'PX', ARGV[7]) end
end
local bound = now + math.min(granted, ttl)
if ARGV[8] == '1' and isRecent(id) then
  redis.call('ZADD', deadlines, bound, id)
  endDeath(id)
  local r = read(id) or {kind = 'W', cause = 's', token = '0', attempts = 0, since = 0}
  r.deadline = now + granted
  write(id, r)
else
  live(id, bound)
end
dropUnwatched(keepDeaths)
return 1

-- SetOnline, SetOnlineFor and Register.
--
-- KEYS   8 liveness key  9 key of the URL  10 key of the internal URL
-- ARGV   3 TTL that is granted  4 KeepDeaths
--        5 URL, 6 internal URL, 7 TTL of URLs: an empty URL stays as it is
--        8 1 by SetOnlineFor, which is no comeback (R8), else 0
--        9 id
-- reply  1, or the error of the first write, which a full server refuses
local granted, keepDeaths, url, internalURL = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], ARGV[6]
local urlTTL, once, id = ARGV[7], ARGV[8] == '1', ARGV[9]
local set = redis.pcall('SET', livenessKey, 'online', 'PX', granted)
if set.err then return set end
local function cache(key, url)
  if url ~= '' then redis.call('SET', key, url, 'PX', urlTTL) end
end
cache(urlKey, url)
cache(internalURLKey, internalURL)
local bound = now + math.min(granted, ttl)
if once and isRecent(id) then
  redis.call('ZADD', deadlines, bound, id)
  endDeath(id)
  local r = read(id) or {kind = 'W', cause = 's', token = '0', attempts = 0, since = 0}
  r.deadline = now + granted
  write(id, r)
else
  recordLife(id, bound)
end
dropUnwatched(keepDeaths)
return 1

-- Lookup.
--
-- KEYS   8 liveness key  9 key of the URL  10 key of the internal URL
-- reply  PTTL, URL, internal URL; nil if the workspace is not online
if redis.pcall('GET', KEYS[8]) ~= 'online' then return nil end
return {
  redis.call('PTTL', KEYS[8]),
  redis.call('GET', KEYS[9]) or '',
  redis.call('GET', KEYS[10]) or '',
}

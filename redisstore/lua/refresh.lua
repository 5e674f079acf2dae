-- RefreshTTL and RefreshFor with a TTL below TTLs.Liveness: the bound in the
-- index may be later than the deadline, and is lowered.
--
-- KEYS   8 liveness key
-- ARGV   3 TTL that is granted  4 id
-- reply  1 if the workspace was online, else 0
local granted, id = tonumber(ARGV[3]), ARGV[4]
if redis.call('PEXPIRE', livenessKey, granted) == 0 then return 0 end
local bound = now + granted
if not redis.call('ZSCORE', deadlines, id) then
  recordLife(id, bound)
else
  redis.call('ZADD', deadlines, 'LT', bound, id)
  local r = read(id)
  if r and r.since > 0 then
    r.since = 0
    write(id, r)
  end
end
return 1

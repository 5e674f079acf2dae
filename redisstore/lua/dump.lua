-- Dump. It writes nothing.
--
-- ARGV   3… ids
-- reply  of each workspace now, for how long it is online in ms or 0, how long ago its
--        withdrawn death began or 0, of the URL and the internal URL text and PTTL,
--        a mark (d if a death follows, else -); of the dead also the times since the deadline and
--        since the first withdrawn death, the delay, attempts and cause
local found = {}

-- MOST is store.MaxTTL in ms: other programs may write a longer time.
local MOST = 31536000000

local function add(...)
  for _, v in ipairs({...}) do
    found[#found + 1] = v
  end
end

local function url(key)
  local ms = redis.call('PTTL', key)
  local text = ms > 0 and redis.pcall('GET', key)
  if not text or text.err or text == '' then return '', 0 end
  return text, math.min(ms, MOST)
end

-- silence returns the record of a workspace that no sweep has detected, dead since
-- its bound, as dieSilent makes it.
local function silence(r, bound)
  local deadline = math.max(bound, now - ttl)
  local since = deadline
  if r and r.since > 0 and sameLife(r.deadline, bound) then since = r.since end
  return {cause = 's', deadline = deadline, since = since, attempts = 0}
end

-- delay returns for how long a death is not ready.
local function delay(id)
  local ends = math.max(leaseEnd(id) or 0, tonumber(redis.call('ZSCORE', delayed, id) or 0))
  return math.max(0, math.min(ends - now, MOST))
end

-- ago returns how long ago a time of a death is. One that lies ahead counts as now,
-- unless Adopt made it so.
local function ago(d, time)
  return math.max(d.cause == 'a' and -MOST or 0, now - time)
end

for i = 3, #ARGV do
  local id = ARGV[i]
  local r = read(id)
  readClock()
  local ms, withdrawn, dead = 0, 0, nil
  if isOnline(id) then
    ms = redis.call('PTTL', prefix .. id)
    if ms == -1 then ms = ttl end
    if r and r.since > 0 and sameLife(r.deadline, now + ms) then withdrawn = math.max(1, now - r.since) end
    ms = math.max(1, math.min(ms, MOST))
  elseif isDeath(r) then
    dead = r
  else
    local bound = tonumber(redis.call('ZSCORE', deadlines, id) or -1)
    if bound >= 0 and redis.call('EXISTS', prefix .. id) == 0 then dead = silence(r, math.min(bound, now)) end
  end
  add(now, ms, withdrawn)
  add(url(prefix .. id .. ':url'))
  add(url(prefix .. id .. ':internal_url'))
  if dead then
    add('d', ago(dead, dead.deadline), ago(dead, dead.since), delay(id), dead.attempts, dead.cause)
  else
    add('-')
  end
end
return found

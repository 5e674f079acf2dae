-- Restore.
--
-- ARGV   3… of each workspace its id, how long it is online in ms or 0, how long ago
--        its withdrawn death began or 0, of the URL and the internal URL text and
--        the time that remains, a mark (d if a death follows, else -); of the dead the times since
--        the deadline and since the first withdrawn death, the delay, attempts and
--        cause
-- reply  1, or the error of the first write, which a full server refuses
local at = 2

local function text()
  at = at + 1
  return ARGV[at]
end

local function number()
  return tonumber(text())
end

-- liveFor makes a workspace online for a time, as SetOnlineFor does.
local function liveFor(id, ms, withdrawn)
  redis.call('SET', prefix .. id, 'online', 'PX', ms)
  redis.call('ZADD', deadlines, now + math.min(ms, ttl), id)
  endDeath(id)
  if withdrawn == 0 and not isRecent(id) then return end
  local r = read(id) or {kind = 'W', cause = 's', token = '0', attempts = 0}
  r.deadline = now + ms
  r.since = withdrawn > 0 and math.max(1, now - withdrawn) or 0
  write(id, r)
end

-- prolong has a workspace that is online stay so for a time.
local function prolong(id, ms, withdrawn)
  local pttl = redis.call('PTTL', prefix .. id)
  if pttl == -1 or pttl >= ms then return end
  redis.call('PEXPIRE', prefix .. id, ms)
  redis.call('ZADD', deadlines, 'NX', now + math.min(ms, ttl), id)
  local r = read(id)
  if withdrawn > 0 and (r == nil or r.kind == 'W') then
    write(id, {kind = 'W', cause = 's', deadline = now + ms, token = '0', attempts = 0, since = math.max(1, now - withdrawn)})
  end
end

-- restoreDeath records a death, unless the store knows one that stays.
local function restoreDeath(id, d, delay)
  local r, bound = read(id), tonumber(redis.call('ZSCORE', deadlines, id) or -1)
  local known = isDeath(r)
  if isRecent(id) or (known or bound >= 0) and d.cause == 'a' then return false end
  if known and (r.attempts > 0 or leaseEnd(id) or r.deadline >= d.deadline) then return false end
  if bound >= d.deadline then return false end
  if known then removeDeath(id) end
  redis.call('ZREM', deadlines, id)
  local ends, at = leaseEnd(id), math.max(d.deadline, delay > 0 and now + delay or 0)
  if ends and r then
    d.kind, d.token = 'N', r.token
    if at > ends then redis.call('ZADD', leased, at, id) end
  else
    redis.call('ZREM', leased, id)
    d.kind, d.token = 'D', '0'
  end
  write(id, d)
  if d.attempts == 0 and d.cause ~= 'a' then
    redis.call('ZADD', fresh, d.cause == 'e' and allowedTime() - EXPIRED or allowedTime(), id)
  end
  if d.kind == 'D' then enqueue(id, d, at) end
  return true
end

-- cache caches a URL, unless the one that is there is readable for longer.
local function cache(key, url, ms)
  local pttl = redis.call('PTTL', key)
  if url ~= '' and pttl ~= -1 and pttl < ms then redis.call('SET', key, url, 'PX', ms) end
end

local begun = now

-- remainder reads a time that remained when the script began, and returns what remains of
-- it now; 0 is none.
local function remainder()
  local ms = number()
  return ms > 0 and math.max(1, ms - (now - begun)) or 0
end

while at < #ARGV do
  readClock()
  local id, ms, withdrawn = text(), remainder(), number()
  local url, urlMS, internalURL, internalMS = text(), remainder(), text(), remainder()
  local dead, delay = text() == 'd' and {}, 0
  if dead then
    dead.deadline, dead.since = math.max(1, begun - number()), math.max(1, begun - number())
    delay, dead.attempts, dead.cause = remainder(), number(), text()
  end
  local online = isOnline(id)
  local r = not online and read(id)
  local takes = online or not (isRecent(id) or isDeath(r) and r.attempts > 0)
  if ms > 0 and online then
    prolong(id, ms, withdrawn)
  elseif ms > 0 then
    liveFor(id, ms, withdrawn)
    takes = true
  elseif dead and not online and restoreDeath(id, dead, delay) then
    takes = true
  end
  if takes then
    cache(prefix .. id .. ':url', url, urlMS)
    cache(prefix .. id .. ':internal_url', internalURL, internalMS)
  end
end
return 1

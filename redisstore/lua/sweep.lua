-- Sweep.
--
-- ARGV   3 SweepOptions.Interval  4 heartbeat  5 patience  6 LastSweep or 0
--        7 KeepDeaths  8 the most workspaces to handle  9 1 if Forbidden, else 0
-- reply  now, wait until something falls due (-1: nothing does),
--        end of the grace, note, online, ready, fresh, leased, delayed, recent,
--        returned, dropped, since when the oldest death is ready (0: none is),
--        ids of the workspaces that were detected
local interval, heartbeat, patience, seen = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local keepDeaths, batch, forbidden = tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9] == '1'

local states = {':tick', ':grace', ':allowed', ':ahead', ':stepped', ':heal'}
local before = {}
for i, score in ipairs(redis.call('ZMSCORE', deadlines, unpack(states))) do
  before[states[i]] = decodeState(score)
end
local tick, gap = before[':tick'], now - before[':tick']
local grace = graceEnd(tick, before[':grace'], seen, patience, heartbeat)

-- Of a gap, patience counts towards KeepDeaths. Without a tick the time that counts
-- goes on from the youngest death.
allowedNow = before[':allowed']
if tick == 0 then
  local silent = redis.call('ZREVRANGEBYSCORE', fresh, '+inf', 0, 'WITHSCORES', 'LIMIT', 0, 1)[2]
  local expired = redis.call('ZREVRANGEBYSCORE', fresh, '(0', '-inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  allowedNow = math.max(tonumber(silent or 0), tonumber(expired or -EXPIRED) + EXPIRED)
  if allowedNow == 0 then allowedNow = now end
elseif gap > 0 and not forbidden then
  allowedNow = allowedNow + math.min(patience, gap - math.max(0, math.min(now, before[':grace']) - tick))
end
local from = tick == 0 and allowedNow or before[':allowed']

-- bringBack gives members with scores above a limit a lower one, a batch at a
-- time, and reports whether there may be more. Lua alone would write 14 digits of the
-- limit, and the time of a death by Expire has 15.
local function bringBack(key, limit, score, below)
  local later = redis.call('ZRANGEBYSCORE', key, string.format('(%.0f', limit), below or '+inf', 'LIMIT', 0, batch)
  for _, id in ipairs(later) do
    redis.call('ZADD', key, score, id)
  end
  return #later == batch
end

-- After a step back of the clock no lease and no delay lasts longer than the
-- grace. A bound is never further ahead than one TTL.
local latest = now + ttl
local more = bringBack(deadlines, latest, now)
local stepped = false
if tick > 0 and gap < 0 or before[':stepped'] > 0 then
  local leases, delays = bringBack(leased, latest, latest), bringBack(delayed, latest, latest)
  stepped = leases or delays
end

-- Once in a TTL the index is mended; :heal is 1 more than the cursor of that.
local healing = before[':heal']
if healing == 0 and tick > 0 and math.floor(now / ttl) ~= math.floor(tick / ttl) then healing = 1 end
if healing == 1 and dropOrphans() > 0 then
  more = true
elseif healing > 0 then
  local cursor = heal(healing - 1)
  healing = cursor > 0 and cursor + 1 or 0
  more = more or healing > 0
end

local work = batch
local pending = redis.call('EXISTS', ready, leased, delayed, fresh, recent) > 0
if pending then
  work = work - advance(work)
  -- A death by Expire or Adopt since the tick counts no time that did not count.
  local silent = bringBack(fresh, allowedNow, allowedNow)
  local expired = bringBack(fresh, allowedNow - EXPIRED, allowedNow - EXPIRED, '(0')
  more = more or silent or expired
end

-- The living are moved on within one interval before their bound, once each
-- interval, so that the next sweep need not come before a death.
local detected, ahead = {}, before[':ahead']
local bound, till = lowest(deadlines), now
if ahead <= now or ahead > now + interval then
  till = now + interval
  ahead = till
end
if bound and bound <= till then
  local looked, last
  detected, looked, last = detect(till, work, from, patience)
  if looked == work then ahead = math.min(ahead, last) end
  work = work - looked
  bound = lowest(deadlines)
end
if #detected > 0 then pending = true end
if pending and work > 0 then work = work - drop(keepDeaths, work) end

local count = {ready = 0, fresh = 0, leased = 0, delayed = 0, recent = 0}
local nearest, oldest = bound, 0
if pending then
  bringBack(recent, now, now)
  local past = redis.call('ZRANGEBYSCORE', recent, '-inf', now - ttl, 'LIMIT', 0, batch)
  if #past > 0 then redis.call('ZREM', recent, unpack(past)) end
  count.ready = redis.call('ZCARD', ready)
  count.fresh = redis.call('ZCOUNT', fresh, 0, '+inf')
  count.leased = redis.call('ZCARD', leased)
  count.delayed = redis.call('ZCARD', delayed)
  count.recent = redis.call('ZCOUNT', recent, '(' .. (now - ttl), '+inf')
  for _, at in ipairs({lowest(leased) or latest, lowest(delayed) or latest}) do
    nearest = math.min(nearest or latest, at)
  end
  if count.ready > 0 then
    local expired = tonumber(redis.call('ZRANGE', ready, 0, 0, 'WITHSCORES')[2]) + EXPIRED
    oldest = math.min(lowest(ready) or now, expired, now)
  end
end
local wait = nearest and math.max(0, nearest - now) or -1
if more or stepped or work <= 0 then wait = 0 end

local changes = {}
local function change(name, value)
  changes[#changes + 1] = encodeState(value)
  changes[#changes + 1] = name
end
change(':tick', now)
change(':allowed', allowedNow)
change(':ahead', ahead)
change(':grace', grace)
if stepped ~= (before[':stepped'] > 0) then change(':stepped', stepped and 1 or 0) end
if healing ~= before[':heal'] then change(':heal', healing) end
redis.call('ZADD', deadlines, unpack(changes))

local texts = redis.call('HMGET', info, ':note', ':returned', ':dropped')
return {
  now, wait, grace, texts[1] or '', redis.call('ZCOUNT', deadlines, 0, '+inf'),
  count.ready, count.fresh, count.leased, count.delayed, count.recent,
  tonumber(texts[2] or 0), tonumber(texts[3] or 0), oldest, detected,
}

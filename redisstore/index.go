package redisstore

// Beside the keys of its workspaces a shard keeps an index of four keys:
//
//	due   sorted set: of each workspace a lower bound of its deadline
//	dead  sorted set: of each death from when on it can be handed out
//	late  sorted set: of each death, acknowledged or not, since when it is late
//	info  hash: of each death "deadline|token|attempt|adopted"
//
// All times are in milliseconds by the server's clock. A heartbeat moves only
// the TTL of its key; what the sweep finds in due too early it puts right.
//
// Names that begin with a colon, as no id does, stand for the shard itself.
// Those without which the rest means nothing are in due, so that they are lost
// when it is, with negative scores, where no sweep looks for deadlines:
//
//	:tick    the last sweep
//	:grace   the end of the last grace
//	:ttl     the longest TTL in use
//	:token   the last token
//	:passed  the end of the last search through all keys
//
// The others, :note, :dropped, :search and :ahead, up to where a sweep has
// looked ahead, are in info.
const indexLua = `
local due, dead, late, info = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local function bury(id)
  if redis.call('ZREM', dead, id) == 1 then redis.call('HDEL', info, id) end
end

local function forget(id)
  bury(id)
  redis.call('ZREM', late, id)
end
`

const timeLua = `
local prefix, ttl = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function state(name)
  return -(redis.call('ZSCORE', due, name) or 0)
end

local function keep(name, value)
  redis.call('ZADD', due, -value, name)
end

local longest = state(':ttl')
if longest == 0 then longest = ttl end

-- left returns for how long a workspace is surely online, at least 1, or nil.
-- One without a TTL is given one. One with a longer TTL than any is looked at
-- again before it ends: the clock was put back, or others set it.
local function left(id)
  local ms = redis.call('PTTL', prefix .. id)
  if ms == -1 then
    ms = ttl
    redis.call('PEXPIRE', prefix .. id, ms)
  end
  if ms < 0 then return nil end
  return math.max(1, math.min(ms, longest))
end

-- read returns the deadline, the token, the attempt and whether it was adopted,
-- of a death, as strings, or nil.
local function read(id)
  return string.match(redis.call('HGET', info, id) or '', '^(%d+)|(%d+)|(%d+)|(%d)$')
end

local function write(id, deadline, token, attempt, adopted)
  redis.call('HSET', info, id, string.format('%s|%.0f|%.0f|%s', deadline, token, attempt, adopted))
end

-- cameBack ends the death of a workspace that is online again: who registered
-- it did not know of the index.
local function cameBack(id)
  if redis.call('EXISTS', prefix .. id) == 0 then return false end
  forget(id)
  redis.call('ZADD', due, 'NX', now, id)
  return true
end
`

// giveUpLua drops deaths that were not claimed within the given time, and what
// is late no more. It looks at no more than most of each. A death that was
// claimed once is never dropped.
const giveUpLua = `
local function giveUp(kept, most)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', late, 0, now - longest, 'LIMIT', 0, most)) do
    redis.call('ZREM', late, id)
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', dead, '-inf', now - kept, 'LIMIT', 0, most)) do
    local _, _, attempt = read(id)
    if tonumber(attempt or 0) > 0 then
      redis.call('ZADD', dead, now, id)
    elseif (redis.call('ZSCORE', late, id) or 0) + longest <= now then
      forget(id)
      redis.call('HINCRBY', info, ':dropped', 1)
    end
  end
end
`

// setOnlineLua begins with a write that a full server refuses. What died so
// long ago that nobody would be told any more it drops even if nobody sweeps.
const setOnlineLua = `
local granted, kept, id = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local set = redis.pcall('SET', KEYS[5], 'online', 'PX', granted)
if set.err then return set end
redis.call('ZADD', due, now + granted, id)
redis.call('ZADD', due, 'LT', -granted, ':ttl')
forget(id)

local few = 10
giveUp(kept, few)
for _, other in ipairs(redis.call('ZRANGEBYSCORE', due, 0, now - kept, 'LIMIT', 0, few)) do
  local ms = left(other)
  if ms then
    redis.call('ZADD', due, now + ms, other)
  else
    redis.call('ZREM', due, other)
    redis.call('HINCRBY', info, ':dropped', 1)
  end
end
return 1
`

// clearLua need not look for the death of a workspace that is in due: what
// enters there leaves the others.
const clearLua = `
redis.call('DEL', KEYS[5], KEYS[6], KEYS[7])
if redis.call('ZREM', due, ARGV[3]) == 0 then forget(ARGV[3]) end
return 1
`

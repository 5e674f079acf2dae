-- Lives. A liveness key is a string with the value online; a key with another
-- value belongs to another program.
local function isOnline(id)
  return redis.pcall('GET', prefix .. id) == 'online'
end

-- left returns for how long a workspace is online at least, 1 or more and up to
-- one TTL, or nil. A liveness key without a TTL is given one.
local function left(id)
  local ms = redis.call('PTTL', prefix .. id)
  if ms == -1 and isOnline(id) then
    ms = ttl
    redis.call('PEXPIRE', prefix .. id, ms)
  end
  if ms < 0 then return nil, ms == -1 end
  return math.max(1, math.min(ms, ttl))
end

-- isRecent reports whether a workspace is recent.
local function isRecent(id)
  return tonumber(redis.call('ZSCORE', recent, id) or 0) > now - ttl
end

-- returned counts a workspace that came back while it was recent.
local function returned(id)
  if isRecent(id) then redis.call('HINCRBY', info, ':returned', 1) end
  redis.call('ZREM', recent, id)
end

-- live records that a workspace is online, until a time at least. Its death has
-- ended. One that is in deadlines and has no record is not recent.
local function live(id, bound)
  local new = redis.call('ZADD', deadlines, bound, id) == 1
  local known = endDeath(id)
  if new or known then returned(id) end
end

-- cameBack is live if a workspace is online: a program that does not keep the
-- index has registered it.
local function cameBack(id)
  if not isOnline(id) then return false end
  live(id, now)
  return true
end

-- Lives. A liveness key is a string with the value online; a key with another
-- value belongs to another program.
local function isOnline(id)
  return redis.pcall('GET', prefix .. id) == 'online'
end

-- remaining returns for how long the key of a workspace exists at least, 1 or more and up to
-- one TTL. It does not look at the value of a key that has a TTL. A liveness key without a
-- TTL gets one. For an absent key it returns nil and false, for any other key without a TTL
-- nil and true.
local function remaining(id)
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

-- countReturn counts a workspace that came back while it was recent.
local function countReturn(id)
  if isRecent(id) then redis.call('HINCRBY', info, ':returned', 1) end
  redis.call('ZREM', recent, id)
end

-- recordLife records that a workspace is online, until a bound at least, and ends its
-- death. A workspace that is in deadlines and has no record is not recent.
local function recordLife(id, bound)
  local new = redis.call('ZADD', deadlines, bound, id) == 1
  local known = endDeath(id)
  if new or known then countReturn(id) end
end

-- noticeComeback records the life of a workspace if it is online, and reports whether it
-- is: a program that does not keep the index may have registered it.
local function noticeComeback(id)
  if not isOnline(id) then return false end
  recordLife(id, now)
  return true
end

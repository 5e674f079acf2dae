-- The phases of a death: ready, leased and delayed.

-- allowedTime is the clock by which KeepDeaths counts. It stands still while handing out is
-- forbidden. A sweep writes it to :allowed, as it was at :tick.
local allowedNow
local function allowedTime()
  allowedNow = allowedNow or state(':allowed') + now - state(':tick')
  return allowedNow
end

-- enqueue puts a death into ready or delayed. It is ready at a time, which may be past.
local function enqueue(id, r, at)
  if at > now then
    redis.call('ZADD', delayed, at, id)
    return
  end
  redis.call('ZADD', ready, r.cause == 'e' and at - EXPIRED or at, id)
  if r.cause == 'a' and r.attempts == 0 then
    redis.call('ZADD', fresh, 'NX', allowedTime(), id)
  end
end

-- endLease ends a lease. If there is still a death, it is ready at the given time; one that
-- was adopted meanwhile is not ready before it is due.
local function endLease(id, at)
  redis.call('ZREM', leased, id)
  local r = read(id)
  if not r then return end
  if r.kind == 'L' and r.deadline > 0 then
    r.kind, r.token = 'W', '0'
    write(id, r)
  elseif not isDeath(r) then
    redis.call('HDEL', info, id)
  else
    if r.kind == 'N' then
      r.kind, r.token = 'D', '0'
      write(id, r)
      if r.cause == 'a' then at = math.max(at, math.min(r.deadline, now + ttl)) end
    end
    enqueue(id, r, at)
  end
end

-- advance makes deaths ready whose lease or delay has ended, up to most of both together,
-- and returns how many there were.
local function advance(most)
  local ended = redis.call('ZRANGEBYSCORE', leased, '-inf', now, 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #ended, 2 do
    endLease(ended[i], tonumber(ended[i + 1]))
  end
  local rest = most - #ended / 2
  local passed = redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'WITHSCORES', 'LIMIT', 0, rest)
  for i = 1, #passed, 2 do
    redis.call('ZREM', delayed, passed[i])
    local r = read(passed[i])
    if isDeath(r) then enqueue(passed[i], r, tonumber(passed[i + 1])) end
  end
  return (#ended + #passed) / 2
end

-- The index of a shard: its keys, its clock and its state.
--
-- KEYS  1 deadlines  sorted set: of each workspace a lower bound of its deadline
--       2 ready      sorted set: deaths that can be claimed, by the time since which
--       3 leased     sorted set: leases, by their end
--       4 delayed    sorted set: deaths that are not ready, by the time when they are
--       5 fresh      sorted set: deaths that were never handed out, by the time from
--                    which KeepDeaths counts; an adopted one once it is ready
--       6 recent     sorted set: workspaces by the time of the last hand-out or
--                    acknowledgement
--       7 info       hash: one record for each workspace with a death or a lease
-- ARGV  1 the beginning of the liveness keys of the shard
--       2 TTLs.Liveness
--
-- All times are in milliseconds by the clock of the server. The scores of deaths
-- by Expire, in ready and fresh, are lower by EXPIRED, so that these come first.
local deadlines, ready, leased, delayed = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local fresh, recent, info = KEYS[5], KEYS[6], KEYS[7]
local EXPIRED = 1e15
local prefix, ttl = ARGV[1], tonumber(ARGV[2])

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- tick brings now to the present: a server that its machine holds up takes a while over
-- many workspaces, and PTTL and PX go by the present.
local function tick()
  time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

-- State is a member of deadlines with a name that no id has, so that it is lost
-- when the bounds are. Its scores are below 0, where no deadline is.
local function decode(score)
  return score and -1 - score or 0
end

local function state(name)
  return decode(redis.call('ZSCORE', deadlines, name))
end

local function keep(name, value)
  redis.call('ZADD', deadlines, -1 - value, name)
end

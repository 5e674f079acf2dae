-- The index of a shard: its keys, its clock and its state. Every script but lookup and
-- online begins with this file.
--
-- KEYS  1 deadlines  sorted set: workspaces, by a lower bound of their deadline
--       2 ready      sorted set: deaths that can be claimed, by when they became ready
--       3 leased     sorted set: workspaces, by the end of their lease
--       4 delayed    sorted set: deaths that are not ready, by when they will be
--       5 fresh      sorted set: deaths that were never handed out, by when KeepDeaths
--                    began to count; an adopted one only once it is ready
--       6 recent     sorted set: workspaces, by their last hand-out or acknowledgement
--       7 info       hash: one record for each workspace with a death or a lease
--       8, 9, 10     of a script about one workspace: its liveness key, the key of its
--                    URL and that of its internal URL
--
-- With LayoutFlat key 1 is ws::deadlines, and key 8 of workspace a is ws:a. With
-- LayoutTagged they are ws::{7}:deadlines and ws:{7}a in shard 7.
--
-- ARGV  1 prefix of the liveness keys of the shard
--       2 TTLs.Liveness
--
-- All times are in milliseconds by the clock of the server. In ready and fresh the scores
-- of deaths by Expire are lower by EXPIRED, so that these come first.
local deadlines, ready, leased, delayed = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local fresh, recent, info = KEYS[5], KEYS[6], KEYS[7]
local livenessKey, urlKey, internalURLKey = KEYS[8], KEYS[9], KEYS[10]
local prefix, ttl = ARGV[1], tonumber(ARGV[2])
local EXPIRED = 1e15

local time, now

-- readClock brings now to the present. A script does so again while it handles many
-- workspaces: on a busy machine that takes a while, and PTTL and PX go by the present.
local function readClock()
  time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
readClock()

-- State is a member of deadlines with a name that no id has, so that it is lost when the
-- bounds are. Its scores are below 0, where no deadline is.
local function encodeState(value)
  return -1 - value
end

local function decodeState(score)
  return score and -1 - score or 0
end

local function state(name)
  return decodeState(redis.call('ZSCORE', deadlines, name))
end

local function setState(name, value)
  redis.call('ZADD', deadlines, encodeState(value), name)
end

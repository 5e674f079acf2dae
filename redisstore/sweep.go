package redisstore

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// batch is how many workspaces a sweep looks at, so that the server is held up
// for no longer than a few milliseconds.
const batch = 500

const sweepLua = `
local interval, heartbeat, seen = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local kept, batch, granted = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
if granted > longest then
  longest = granted
  keep(':ttl', longest)
end

-- A gap between the ticks, or one that is lost, begins a grace.
local tick, grace = state(':tick'), state(':grace')
local gap, patience = now - tick, math.max(3000, 3 * interval)
if heartbeat == 0 then heartbeat = math.floor(longest / 6) end
if tick == 0 or gap < 0 or seen > tick then
  grace = now + longest
elseif gap > patience then
  if grace > tick then
    grace = math.max(grace + gap, now + math.min(patience + heartbeat, longest))
  else
    grace = now + math.min(gap + heartbeat, longest)
  end
end
keep(':tick', now)
if grace > 0 then keep(':grace', grace) end

-- If the clock was put back, so is what it was to bring.
if tick > 0 and gap < 0 then
  local later = redis.call('ZRANGEBYSCORE', dead, '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 10 * batch)
  for i = 1, #later, 2 do
    redis.call('ZADD', dead, math.max(0, later[i + 1] + gap), later[i])
  end
end
local beyond = redis.call('ZRANGEBYSCORE', due, '(' .. (now + longest), '+inf', 'LIMIT', 0, batch)
for _, id in ipairs(beyond) do
  redis.call('ZADD', due, now, id)
end

-- Of what is due the living move to their deadline, the others die.
local found, moved = {}, {}
local looked = redis.call('ZRANGEBYSCORE', due, 0, now, 'WITHSCORES', 'LIMIT', 0, batch)
for i = 1, #looked, 2 do
  local id, deadline = looked[i], looked[i + 1]
  local ms = left(id)
  if ms then
    moved[#moved + 1] = now + ms
    moved[#moved + 1] = id
  else
    redis.call('ZREM', due, id)
    redis.call('ZADD', dead, deadline, id)
    redis.call('ZADD', late, math.max(tonumber(deadline), grace), id)
    write(id, deadline, 0, 0, '0')
    found[#found + 1] = id
  end
end

-- The living are moved on already one interval before the sweep would have to
-- look at them, so that the next one need not come before somebody dies.
local ahead = tonumber(redis.call('HGET', info, ':ahead') or 0)
if (ahead <= now or ahead > now + interval) and #looked < 2 * batch then
  local soon = redis.call('ZRANGEBYSCORE', due, '(' .. now, now + interval, 'WITHSCORES', 'LIMIT', 0, batch)
  for i = 1, #soon, 2 do
    local ms = left(soon[i])
    if ms and now + ms > tonumber(soon[i + 1]) then
      moved[#moved + 1] = now + ms
      moved[#moved + 1] = soon[i]
    end
  end
  redis.call('HSET', info, ':ahead', #soon == 2 * batch and soon[#soon] or now + interval)
end

if #moved > 0 then redis.call('ZADD', due, unpack(moved)) end

-- What was adopted is late from when it is due; until then its score is below
-- zero.
local adopted = redis.call('ZRANGEBYSCORE', late, -now, '(0', 'WITHSCORES', 'LIMIT', 0, batch)
for i = 1, #adopted, 2 do
  redis.call('ZADD', late, -adopted[i + 1], adopted[i])
end
giveUp(kept, batch)

local wait = -1
if #looked == 2 * batch or #beyond == batch or #adopted == 2 * batch then
  wait = 0
else
  local function first(key, from)
    local at = redis.call('ZRANGEBYSCORE', key, from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
    if at and (wait < 0 or at - now < wait) then wait = at - now end
  end
  first(due, 0)
  first(dead, '(' .. now)
end
return {
  now, wait, grace, longest,
  redis.call('HGET', info, ':note') or '',
  redis.call('ZCOUNT', due, 0, '+inf'),
  redis.call('ZCOUNT', late, '(' .. math.max(0, now - longest), '+inf'),
  redis.call('ZCOUNT', dead, '-inf', now),
  redis.call('ZCOUNT', dead, '(' .. now, '+inf'),
  tonumber(redis.call('HGET', info, ':dropped') or 0),
  found,
}
`

// Shards implements [store.Reaper].
func (s *Store) Shards() int { return s.keys.shards() }

// Sweep implements [store.Reaper].
func (s *Store) Sweep(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
	const op = "Sweep"
	if err := checkReap(ctx, op, store.CheckShard(op, s, shard), w.Check(op)); err != nil {
		return store.Sweep{}, err
	}
	r, err := s.reply(ctx, op, s.onShard(s.scripts.sweep, shard,
		milliseconds(w.Interval), milliseconds(s.ttls.Heartbeat), unixMilli(w.Seen),
		milliseconds(s.keepDeaths), batch, milliseconds(time.Duration(s.refreshed.Load()))))
	if err != nil {
		return store.Sweep{}, err
	}
	sweep := store.Sweep{
		Now:      r.time(),
		Next:     r.wait(),
		GraceEnd: r.time(),
		TTL:      r.duration(),
		Note:     r.text(),
		Online:   int(r.int()),
		Late:     int(r.int()),
		Waiting:  int(r.int()),
		Held:     int(r.int()),
		Dropped:  r.int(),
	}
	for found := r.list(); found.more(); {
		sweep.Found = append(sweep.Found, found.text())
	}
	return sweep, r.err(op)
}

const claimLua = `
local lease, most, seed = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if now < state(':grace') then return {} end
if seed > 0 then math.randomseed(seed) end

-- A token is never below the time, so that also after a loss of data none is
-- given twice.
local token = math.max(state(':token'), time[1] * 1000000 + time[2])
local claimed = {}
local waiting = math.min(redis.call('ZCOUNT', dead, '-inf', now), 2 ^ 31 - 1)
for looked = 1, math.min(most, waiting) do
  local rank = 0
  if seed > 0 then rank = math.random(0, waiting - looked) end
  local id = redis.call('ZRANGE', dead, rank, rank)[1]
  if not cameBack(id) then
    local deadline, _, attempt, adopted = read(id)
    deadline, attempt, adopted = deadline or now, (attempt or 0) + 1, adopted or '0'
    token = token + 1
    write(id, deadline, token, attempt, adopted)
    redis.call('ZADD', dead, now + lease, id)
    for _, v in ipairs({id, tonumber(deadline), token, attempt, tonumber(adopted)}) do
      claimed[#claimed + 1] = v
    end
  end
end
if #claimed > 0 then keep(':token', token) end
return claimed
`

// Claim implements [store.Reaper].
func (s *Store) Claim(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
	const op = "Claim"
	if err := checkReap(ctx, op, store.CheckShard(op, s, shard), q.Check(op)); err != nil {
		return nil, err
	}
	r, err := s.reply(ctx, op, s.onShard(s.scripts.claim, shard,
		milliseconds(q.Lease), min(q.Most, batch), seed(q.Random)))
	if err != nil {
		return nil, err
	}
	var deaths []store.Death
	for r.more() {
		deaths = append(deaths, store.Death{
			ID:       r.text(),
			Deadline: r.time(),
			Token:    r.int(),
			Attempt:  int(r.int()),
			Adopted:  r.int() == 1,
		})
	}
	return deaths, r.err(op)
}

// seed returns what the server is to begin its random numbers with; 0 is none.
func seed(random bool) int32 {
	if !random {
		return 0
	}
	return rand.Int32N(math.MaxInt32) + 1
}

// unixMilli returns 0 for no time.
func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

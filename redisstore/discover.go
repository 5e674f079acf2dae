package redisstore

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/store"
)

// search is a store's part in the search for workspaces that are not in the
// index: programs that do not know of it registered them, or it was lost.
type search struct {
	mu      sync.Mutex
	name    string   // of this searcher among all
	servers []*queue // those that are not searched through yet
	cursor  string
	pause   time.Duration // between the steps of this pass
}

// What turnLua answers.
const (
	othersTurn = iota
	takenOver
	continued
)

const searchedLua = `return {now, state(':passed')}`

const endOfAPassLua = `
keep(':passed', now)
return now
`

// turnLua gives the search to one searcher as long as it goes on searching.
// The answer is 0 if another has it, 1 if it was taken over and 2 if the
// searcher had it before.
const turnLua = `
local name, lease = ARGV[3], tonumber(ARGV[4])
local holder, ends = string.match(redis.call('HGET', info, ':search') or '', '^(%w+)|(%d+)$')
local turn = 2
if holder ~= name then
  local left = (ends or 0) - now
  if left > 0 and left <= lease then return 0 end
  turn = 1
end
redis.call('HSET', info, ':search', name .. '|' .. (now + lease))
return turn
`

// foundLua puts into the index what is online, and lowers what it finds too
// high. What a sweep will look at before the search comes round again it leaves
// to that.
const foundLua = `
local bounds = redis.call('ZMSCORE', due, unpack(ARGV, 3))
local round = now + longest / 2
for i, bound in ipairs(bounds) do
  if not bound or tonumber(bound) > round then
    local id = ARGV[i + 2]
    local ms = left(id)
    if ms and (not bound or now + ms < tonumber(bound)) then
      redis.call('ZADD', due, now + ms, id)
      if not bound then forget(id) end
    end
  end
end
return 1
`

// Discover implements [store.Discoverer]. Where the layout is Tagged all
// programs keep the index: it searches only if that was lost.
func (s *Store) Discover(ctx context.Context, within time.Duration) (store.Discovery, error) {
	const op = "Discover"
	if within < store.MinTTL || within > store.MaxTTL {
		return store.Discovery{}, store.Errorf(op, "", store.ErrInvalid, "a pass within %v, want %v to %v", within, store.MinTTL, store.MaxTTL)
	}
	if err := s.usable(ctx, op); err != nil {
		return store.Discovery{}, err
	}
	now, passed, err := s.searched(ctx, op)
	d := store.Discovery{Wait: within / 8, Passed: passed}
	switch {
	case err != nil:
		return store.Discovery{}, err
	case s.keys.layout == Tagged && !passed.IsZero():
		d.Passed = now
		return d, nil
	case !s.search.mu.TryLock():
		return d, nil
	}
	defer s.search.mu.Unlock()
	if err := s.search.step(ctx, s, op, within, &d); err != nil {
		s.search.servers = nil
		return store.Discovery{}, err
	}
	return d, nil
}

// step searches through some keys, if it is this searcher's turn.
func (x *search) step(ctx context.Context, s *Store, op string, within time.Duration, d *store.Discovery) error {
	cmd, err := s.do(ctx, op, "", s.onShard(s.scripts.turn, 0, x.name, milliseconds(within/4)))
	if err != nil {
		return err
	}
	if turn, _ := cmd.Int(); turn != continued {
		x.servers = nil
		if turn == othersTurn {
			return nil
		}
	}
	if len(x.servers) == 0 {
		if err := x.begin(ctx, s, op, within); err != nil {
			return err
		}
	}
	cursor, keys, err := s.page(ctx, op, s.scan(x.servers[0], x.cursor))
	if err != nil {
		return err
	}
	if err := s.index(ctx, op, keys); err != nil {
		return err
	}
	d.Wait, x.cursor = x.pause, cursor
	if cursor == start {
		x.servers = x.servers[1:]
	}
	if len(x.servers) > 0 {
		return nil
	}
	return s.many(ctx, op, s.Shards(), func(shard int) request {
		return s.onShard(s.scripts.endOfAPass, shard)
	}, func(_ int, cmd *redis.Cmd) error {
		ms, err := cmd.Int64()
		d.Passed = time.UnixMilli(ms)
		return err
	})
}

// begin prepares a pass through all servers whose pauses take three quarters
// of the time that it may take.
func (x *search) begin(ctx context.Context, s *Store, op string, within time.Duration) error {
	servers, err := s.begin(ctx, op)
	if err != nil {
		return err
	}
	steps := time.Duration(0)
	err = s.many(ctx, op, len(servers), func(i int) request {
		return request{at: servers[i], cmd: command("dbsize")}
	}, func(_ int, cmd *redis.Cmd) error {
		keys, err := cmd.Int64()
		steps += time.Duration(keys/most + 1)
		return err
	})
	x.servers, x.cursor, x.pause = servers, start, min(within*3/4/max(1, steps), within/8)
	return err
}

// index puts the workspaces whose liveness the keys hold into the index.
func (s *Store) index(ctx context.Context, op string, keys []string) error {
	found := make(map[int][]any)
	for _, key := range keys {
		if id, ok := s.keys.id(key); ok {
			shard := s.keys.shard(id)
			found[shard] = append(found[shard], id)
		}
	}
	shards := slices.Collect(maps.Keys(found))
	return s.many(ctx, op, len(shards), func(i int) request {
		return s.onShard(s.scripts.found, shards[i], found[shards[i]]...)
	}, func(int, *redis.Cmd) error { return nil })
}

// searched returns the time of the servers, and when the last pass ended, zero
// if there was none since the index of some shard began.
func (s *Store) searched(ctx context.Context, op string) (now, passed time.Time, err error) {
	lost := false
	err = s.many(ctx, op, s.Shards(), func(shard int) request {
		return s.onShard(s.scripts.searched, shard)
	}, func(_ int, cmd *redis.Cmd) error {
		r := newReply(cmd)
		now, passed = r.time(), r.time()
		lost = lost || passed.IsZero()
		return r.err(op)
	})
	if lost {
		passed = time.Time{}
	}
	return now, passed, err
}

package redisstore

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// search is a store's part in the search for workspaces that are not in the
// index: programs that do not know of it registered them, or it was lost.
type search struct {
	mu      sync.Mutex
	name    string             // of this searcher among all
	servers []*pipeline.Server // those that are not searched through yet
	cursor  string
	pause   time.Duration // between the steps of this pass
	foreign int           // keys of other programs in this pass
	told    int           // that were logged
}

// The answers of the script turn.
const (
	othersTurn = iota
	takenOver
	continued
)

// Discover implements [driver.Discoverer]. Where the layout is LayoutTagged all
// programs keep the index: it searches only if that was lost.
func (s *Store) Discover(ctx context.Context, within time.Duration) (driver.Discovery, error) {
	const op = "Discover"
	if within < store.MinTTL || within > store.MaxTTL {
		return driver.Discovery{}, driver.Errorf(op, "", store.ErrInvalid, "a pass within %v, want %v to %v", within, store.MinTTL, store.MaxTTL)
	}
	if err := s.usable(ctx, op); err != nil {
		return driver.Discovery{}, err
	}
	now, passed, err := s.searched(ctx, op)
	d := driver.Discovery{Wait: within / 8, LastPass: passed}
	switch {
	case err != nil:
		return driver.Discovery{}, err
	case s.keys.layout == LayoutTagged && !passed.IsZero():
		d.LastPass = now
		return d, nil
	case !s.search.mu.TryLock():
		return d, nil
	}
	defer s.search.mu.Unlock()
	if err := s.search.step(ctx, s, op, within, &d); err != nil {
		s.search.servers = nil
		return driver.Discovery{}, err
	}
	return d, nil
}

// step searches through some keys, if it is this searcher's turn.
func (x *search) step(ctx context.Context, s *Store, op string, within time.Duration, d *driver.Discovery) error {
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
	foreign, err := s.index(ctx, op, keys)
	if err != nil {
		return err
	}
	d.Wait, x.cursor = x.pause, cursor
	x.foreign += foreign
	if cursor == start {
		x.servers = x.servers[1:]
	}
	if len(x.servers) > 0 {
		return nil
	}
	x.tell(s)
	return s.many(ctx, op, s.traits.Shards, func(shard int) request {
		return s.onShard(s.scripts.passed, shard)
	}, func(_ int, cmd *redis.Cmd) error {
		ms, err := cmd.Int64()
		d.LastPass = time.UnixMilli(ms)
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
		return pipeline.At(servers[i], "dbsize")
	}, func(_ int, cmd *redis.Cmd) error {
		keys, err := cmd.Int64()
		steps += time.Duration(keys/pipeline.Full + 1)
		return err
	})
	x.servers, x.foreign, x.cursor, x.pause = servers, 0, start, min(within*3/4/max(1, steps), within/8)
	return err
}

// tell logs, at the end of a pass, how many keys under the prefix are those of other
// programs: once, and again when they have doubled.
func (x *search) tell(s *Store) {
	if x.foreign > 2*x.told {
		s.log.Warn("liveness: there is other data under the prefix, which is left alone", "prefix", s.keys.prefix, "keys", x.foreign)
		x.told = x.foreign
	}
	x.foreign = 0
}

// index puts the workspaces whose liveness the keys hold into the index, and returns
// how many keys hold something else.
func (s *Store) index(ctx context.Context, op string, keys []string) (foreign int, err error) {
	var ids []string
	for _, key := range keys {
		if id, ok := s.keys.id(key); ok {
			ids = append(ids, id)
		}
	}
	err = s.perShard(ctx, op, s.scripts.found, ids, func(_ string, r *reply) { foreign += 1 - int(r.int()) })
	return foreign, err
}

// searched returns the time of the servers, and when the last pass ended, zero
// if there was none since the index of some shard began.
func (s *Store) searched(ctx context.Context, op string) (now, passed time.Time, err error) {
	lost := false
	err = s.many(ctx, op, s.traits.Shards, func(shard int) request {
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

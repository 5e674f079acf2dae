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

// search is a store's part in the search for workspaces that are not in the index:
// programs that do not keep the index registered them, or the index was lost. A pass goes
// through all keys of all servers, a page of SCAN in each step.
type search struct {
	mu      sync.Mutex
	name    string             // of this searcher among all
	servers []*pipeline.Server // those that this pass has yet to finish
	cursor  string
	pause   time.Duration // between the steps of this pass
	foreign int           // keys of other programs in this pass
	logged  int           // of these, as last logged
}

// The answers of the script take_turn.
const (
	othersTurn = iota
	takenOver
	continued
)

// longestPause is the longest time between two steps of a pass. The searcher keeps its turn
// for twice as long.
func longestPause(within time.Duration) time.Duration { return within / 8 }

// Discover implements [driver.Discoverer]. Where the layout is LayoutTagged all
// programs keep the index: it searches only if that was lost.
func (s *Store) Discover(ctx context.Context, within time.Duration) (driver.Discovery, error) {
	const op = "Discover"
	if within < store.MinTTL || within > store.MaxTTL {
		return driver.Discovery{}, driver.Errorf(op, "", store.ErrInvalid, "a pass within %v, want %v to %v", within, store.MinTTL, store.MaxTTL)
	}
	if err := s.checkOpen(ctx, op); err != nil {
		return driver.Discovery{}, err
	}
	now, ended, err := s.lastPass(ctx, op)
	d := driver.Discovery{Wait: longestPause(within), LastPass: ended}
	switch {
	case err != nil:
		return driver.Discovery{}, err
	case s.keys.layout == LayoutTagged && !ended.IsZero():
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

// step searches through a page of keys, if it is this searcher's turn.
func (x *search) step(ctx context.Context, s *Store, op string, within time.Duration, d *driver.Discovery) error {
	cmd, err := s.do(ctx, op, "", s.onShard(s.scripts.takeTurn, 0, x.name, milliseconds(2*longestPause(within))))
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
		if err := x.beginPass(ctx, s, op, within); err != nil {
			return err
		}
	}
	cursor, keys, err := s.scanKeys(ctx, op, x.servers[0], x.cursor)
	if err != nil {
		return err
	}
	foreign, err := s.addFound(ctx, op, keys)
	if err != nil {
		return err
	}
	d.Wait, x.cursor = x.pause, cursor
	x.foreign += foreign
	if cursor == noCursor { // this server is done
		x.servers = x.servers[1:]
	}
	if len(x.servers) > 0 {
		return nil
	}
	x.logForeign(s)
	return s.many(ctx, op, s.traits.Shards, func(shard int) request {
		return s.onShard(s.scripts.endPass, shard)
	}, func(_ int, cmd *redis.Cmd) error {
		ms, err := cmd.Int64()
		d.LastPass = time.UnixMilli(ms)
		return err
	})
}

// beginPass prepares a pass through all servers. Its pauses take three quarters of the time
// within which it is to end.
func (x *search) beginPass(ctx context.Context, s *Store, op string, within time.Duration) error {
	servers, err := s.mastersFor(ctx, op)
	if err != nil {
		return err
	}
	steps := time.Duration(0)
	err = s.many(ctx, op, len(servers), func(i int) request {
		return pipeline.At(servers[i], "dbsize")
	}, func(_ int, cmd *redis.Cmd) error {
		keys, err := cmd.Int64()
		steps += time.Duration(keys/scanCount + 1)
		return err
	})
	x.servers, x.foreign, x.cursor, x.pause = servers, 0, noCursor, min(within*3/4/max(1, steps), longestPause(within))
	return err
}

// logForeign logs, at the end of a pass, how many keys under the prefix are those of other
// programs: once, and again when they have doubled.
func (x *search) logForeign(s *Store) {
	if x.foreign > 2*x.logged {
		s.log.Warn("liveness: there is other data under the prefix, which is left alone", "prefix", s.keys.prefix, "keys", x.foreign)
		x.logged = x.foreign
	}
	x.foreign = 0
}

// addFound puts the workspaces whose liveness keys were found into the index, and returns
// how many keys hold something else.
func (s *Store) addFound(ctx context.Context, op string, keys []string) (foreign int, err error) {
	var ids []string
	for _, key := range keys {
		if id, ok := s.keys.id(key); ok {
			ids = append(ids, id)
		}
	}
	err = s.perShard(ctx, op, s.scripts.indexFound, ids, func(_ string, r *reply) { foreign += 1 - int(r.int()) })
	return foreign, err
}

// lastPass returns the time of the servers, and when the last pass ended, zero if there was
// none since the index of some shard began.
func (s *Store) lastPass(ctx context.Context, op string) (now, ended time.Time, err error) {
	lost := false
	err = s.many(ctx, op, s.traits.Shards, func(shard int) request {
		return s.onShard(s.scripts.lastPass, shard)
	}, func(_ int, cmd *redis.Cmd) error {
		r := newReply(cmd)
		now, ended = r.time(), r.time()
		lost = lost || ended.IsZero()
		return r.err(op)
	})
	if lost {
		ended = time.Time{}
	}
	return now, ended, err
}

package peers

import (
	"context"
	"hash/fnv"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

func (b *bench) newRedis(server *redistest.Server, ttls store.TTLs) *redisstore.Store {
	s, err := redisstore.Open(context.Background(), "redis://"+server.Addr(), redisstore.Options{TTLs: ttls})
	b.must(err)
	b.closing(s)
	return s
}

func redisRefresh(b *bench) {
	server, ids := redistest.Start(b), workspaces(large)
	ours, plain := b.newRedis(server, lifetimes()), newPlain(b, server)
	standard, delayed := newRueidis(b, server, 0), newRueidis(b, server, 20*time.Microsecond)
	b.setOnline(ours, ids)
	for _, at := range []struct {
		callers int
		plain   float64
	}{{1, 0.95}, {16, 1.4}, {64, 3.3}, {256, 5}, {1000, 6}} {
		c := contest{
			backend: "redis", op: "refresh", ours: side{do: ours.RefreshTTL},
			load:   load{callers: at.callers, ids: ids, window: time.Second, timed: at.callers == 64},
			rivals: []rival{against("go-redis", plain.refresh, goals.AtLeast(at.plain))},
		}
		if c.timed {
			c.rivals[0].p99 = goals.AtMost(0.2)
		}
		if at.callers >= 64 {
			c.rivals = append(c.rivals,
				against("rueidis", standard.refresh, goals.AtLeast(1.6)),
				against("rueidis with a flush delay of 20 µs", delayed.refresh, goals.AtLeast(0.75)))
		}
		b.hold(c)
	}
}

// redisMonitor compares heartbeats with a monitor on and without. The index of
// deadlines is as it is in a fleet that lives: they come due evenly over a TTL.
func redisMonitor(b *bench) {
	server, ids := redistest.Start(b), workspaces(large)
	s := b.newRedis(server, store.TTLs{})
	b.setOnline(b.newRedis(server, store.TTLs{For: spread}), ids)
	w := b.watch(s, func(id string) { b.Errorf("%s is reported dead", id) })
	b.hold(contest{
		backend: "redis", op: "monitor", load: load{callers: 64, ids: ids, window: 2 * time.Second},
		ours:   side{do: s.RefreshTTL, prepare: w.on},
		rivals: []rival{{name: "refresh without a monitor", settings: []side{{do: s.RefreshTTL, prepare: w.off}}, goal: goals.AtLeast(0.95)}},
	})
}

// spread is a TTL up to the default, by the id.
func spread(id string) time.Duration {
	const least = 5 * time.Second
	h := fnv.New32a()
	h.Write([]byte(id))
	return least + time.Duration(h.Sum32())*time.Millisecond%(store.DefaultLivenessTTL-least)
}

func redisRefreshMany(b *bench) {
	const batch = 1000
	server, ids := redistest.Start(b), workspaces(large)
	ours, plain := b.newRedis(server, lifetimes()), newPlain(b, server)
	b.setOnline(ours, ids)
	many, firsts := make(map[string][]string), []string(nil)
	for chunk := range slices.Chunk(ids, batch) {
		many[chunk[0]] = chunk
		firsts = append(firsts, chunk[0])
	}
	for _, callers := range []int{1, 64} {
		b.hold(contest{
			backend: "redis", op: "refreshmany", load: load{callers: callers, ids: firsts, batch: batch, window: time.Second},
			ours: side{do: func(ctx context.Context, first string) error {
				online, err := store.RefreshMany(ctx, ours, many[first])
				if err == nil && slices.Contains(online, false) {
					err = errOffline
				}
				return err
			}},
			rivals: []rival{against("a hand-written pipeline", func(ctx context.Context, first string) error {
				return plain.refreshMany(ctx, many[first])
			}, goals.AtLeast(0.9))},
		})
	}
}

func redisClear(b *bench) {
	server, all := redistest.Start(b), workspaces(large)
	ours, plain := b.newRedis(server, lifetimes()), newPlain(b, server)
	b.setOnline(ours, all)
	for _, at := range []struct {
		callers, n int
		goal       goals.Goal
	}{{1, small, goals.AtLeast(2.5)}, {64, large, goals.AtLeast(4)}} {
		ids := all[:at.n]
		full := func() {
			b.setOnline(ours, ids)
			b.cacheURLs(ours, ids)
		}
		b.hold(contest{
			backend: "redis", op: "clear", load: load{callers: at.callers, ids: ids},
			ours:   side{do: ours.Clear, prepare: full},
			rivals: []rival{{name: "three DELs", settings: []side{{do: plain.clear, prepare: full}}, goal: at.goal}},
		})
	}
}

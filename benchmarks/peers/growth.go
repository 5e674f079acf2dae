package peers

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/store"
)

// fleets are one fleet and another of ten times its size.
type fleets struct {
	ids    [2][]string
	stores [2]store.LivenessStore
}

func newFleets(open func(ids []string) store.LivenessStore) *fleets {
	f := &fleets{ids: [2][]string{workspaces(small), workspaces(large)}}
	for i, ids := range f.ids {
		f.stores[i] = open(ids)
	}
	return f
}

func memoryGrowth(b *bench) {
	f := newFleets(func(ids []string) store.LivenessStore { return b.newMemory(ids) })
	b.grow(f, "memory", "refresh", moment, goals.AtMost(4), store.LivenessStore.RefreshTTL)
}

func boltGrowth(b *bench) {
	f := newFleets(func(ids []string) store.LivenessStore {
		return b.newBolt(b.file("liveness.db"), time.Second, ids)
	})
	b.grow(f, "bbolt", "refresh", 3*time.Second, goals.AtMost(2), store.LivenessStore.RefreshTTL)
	b.grow(f, "bbolt", "setonline", time.Second, goals.AtMost(2), store.LivenessStore.SetOnline)
}

func redisGrowth(b *bench) {
	f := newFleets(func(ids []string) store.LivenessStore {
		s := b.newRedis(redistest.Start(b), lifetimes())
		b.setOnline(s, ids)
		return s
	})
	b.grow(f, "redis", "refresh", time.Second, goals.AtMost(2), store.LivenessStore.RefreshTTL)
	b.grow(f, "redis", "setonline", time.Second, goals.AtMost(2), store.LivenessStore.SetOnline)
}

// grow compares how long an operation takes about a workspace of each fleet.
func (b *bench) grow(f *fleets, backend, op string, window time.Duration, g goals.Goal, do func(store.LivenessStore, context.Context, string) error) {
	var each [2][]float64
	l := load{callers: 64, window: window}
	for range b.rounds {
		for i, s := range f.stores {
			l.ids = f.ids[i]
			p := l.run(b, func(ctx context.Context, id string) error { return do(s, ctx, id) })
			each[i] = append(each[i], p.each)
		}
	}
	b.compare(goals.Result{Backend: backend, Op: "growth", Load: op + ", " + l.String(), Unit: "× the time at a tenth", Goal: g}, each[1], each[0], nanoseconds)
}

package peers

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/benchmarks/peers/goals"
	"github.com/molecule-ai/liveness/memstore"
)

const (
	small = 10_000  // workspaces: here ratios in memory repeat, and are judged
	large = 100_000 // here the cache of the machine is too small for that

	moment = 300 * time.Millisecond
)

func (b *bench) newMemory(ids []string) *memstore.Store {
	s, err := memstore.New(memstore.Options{TTLs: lifetimes()})
	b.must(err)
	b.setOnline(s, ids)
	return s
}

func memoryRefresh(b *bench) {
	for _, at := range []struct {
		callers, n         int
		mapped, otter, lru goals.Goal
	}{
		{64, small, goals.AtMost(0.4), goals.AtMost(0.7), goals.AtMost(0.15)},
		{1, small, goals.AtMost(1.3), goals.AtMost(1), goals.Goal{}},
		{64, large, goals.Goal{}, goals.Goal{}, goals.Goal{}},
	} {
		ids := workspaces(at.n)
		written, read := otterByWrite(ids, online), otterByAccess(ids, online)
		b.hold(contest{
			backend: "memory", op: "refresh", load: load{callers: at.callers, ids: ids, window: moment},
			ours: side{do: b.newMemory(ids).RefreshTTL},
			rivals: []rival{
				against("map + RWMutex", newGuarded(ids).refresh, at.mapped),
				{name: "otter", settings: []side{{do: written.refresh}, {do: read.get}}, goal: at.otter},
				against("golang-lru expirable", newLRU(ids).refresh, at.lru),
			},
		})
	}
}

func memoryIsOnline(b *bench) {
	for _, at := range []struct {
		callers, n    int
		mapped, otter goals.Goal
	}{
		{64, small, goals.AtMost(0.9), goals.AtMost(1.3)},
		{1, small, goals.AtMost(1.3), goals.Goal{}},
		{64, large, goals.Goal{}, goals.Goal{}},
	} {
		ids := workspaces(at.n)
		written, read := otterByWrite(ids, online), otterByAccess(ids, online)
		b.hold(contest{
			backend: "memory", op: "isonline", load: load{callers: at.callers, ids: ids, window: moment},
			ours: side{do: isOnline(b.newMemory(ids))},
			rivals: []rival{
				against("map + RWMutex", newGuarded(ids).isOnline, at.mapped),
				{name: "otter", settings: []side{{do: written.get}, {do: read.peek}}, goal: at.otter},
			},
		})
	}
}

func memoryGetURL(b *bench) {
	for _, at := range []struct {
		n             int
		mapped, otter goals.Goal
	}{
		{small, goals.AtMost(0.9), goals.AtMost(1.3)},
		{large, goals.Goal{}, goals.Goal{}},
	} {
		ids := workspaces(at.n)
		s := b.newMemory(ids)
		b.cacheURLs(s, ids)
		b.hold(contest{
			backend: "memory", op: "geturl", load: load{callers: 64, ids: ids, window: moment},
			ours: side{do: getURL(s)},
			rivals: []rival{
				against("map + RWMutex", newGuarded(ids).getURL, at.mapped),
				against("otter", otterByWrite(ids, address).get, at.otter),
			},
		})
	}
}

// memoryAllocations counts what a heartbeat allocates.
func memoryAllocations(b *bench) {
	ids := workspaces(small)
	ctx, s := context.Background(), b.newMemory(ids)
	var each []float64
	for _, id := range ids[:b.rounds] {
		each = append(each, testing.AllocsPerRun(1000, func() { b.must(s.RefreshTTL(ctx, id)) }))
	}
	b.print(goals.Result{Backend: "memory", Op: "allocations", Load: "1 heartbeat", Unit: "allocations", Goal: goals.AtMost(0)}.Summary(each))
}

// memoryBytes weighs a million workspaces. The bytes of their ids are not
// counted: the caller has them as well.
func memoryBytes(b *bench) {
	const n = 1_000_000
	ids := workspaces(n)
	var ours, theirs []float64
	for range b.rounds {
		ours = append(ours, weigh(func() any { return b.newMemory(ids) })/n)
		theirs = append(theirs, weigh(func() any { return otterByAccess(ids, online) })/n)
	}
	b.compare(goals.Result{Backend: "memory", Op: "bytes", Load: fmt.Sprint("n=", n), Unit: "× otter", Goal: goals.AtMost(1.2)}, ours, theirs, bytes)
}

// weigh returns how many bytes of the heap are in use by what build returns.
func weigh(build func() any) float64 {
	before := heap()
	built := build()
	after := heap()
	runtime.KeepAlive(built)
	return float64(after) - float64(before)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // for values with a finalizer
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

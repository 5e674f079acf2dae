package redis

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

const (
	// networkTimeout is Options.Timeout of the stores behind a network.
	networkTimeout = time.Second

	// slack is what may be added to a bound for a machine that is shared.
	slack = 500 * time.Millisecond

	// growth is by how much the heap may have grown.
	growth = 16 << 20
)

// 200 callers with contexts of 50 to 300 ms are served by a store behind a network
// that has one mood after the other, and is well in between. No call outlives its
// context, no caller reads the URL of another, and no workspace that was heard from
// within its TTL is called offline. Soon after the network is well calls are served.
// Close ends in time inside the black hole, and leaves nothing.
//
// It fails if calls wait for the reply alone, if two calls of a pipeline get each
// other's replies, if IsOnline takes a failure for an answer, if the store waits for two
// seconds after each failure, if Close waits for pipelines that last five times
// Options.Timeout, and if each call leaves a goroutine or a kilobyte.
func TestABadNetwork(t *testing.T) {
	kit.InRealTime(t, func(t testing.TB) { badNetwork(t, false) })
}

func TestCrossedRepliesAreFound(t *testing.T) {
	a := attempt.Make(t.Context(), t, t.Name(), func(a *attempt.T) { badNetwork(a, true) })
	require.True(t, a.Failed())
	require.Contains(t, a.Reason(), "the URL of another")
}

// badNetwork tells the story, with replies that are crossed or not.
func badNetwork(t testing.TB, crossed bool) {
	const (
		callers = 200
		lasting = time.Second // a mood
		soon    = time.Second // until the first success

		floor       = 2 * callers // calls that began in each mood
		floorServed = callers     // calls that are served in each mood in which servers answer
	)
	server := redistest.Start(t)
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	n := startNetwork(t, server.Addr())
	s, err := redisstore.Open(t.Context(), "redis://"+n.addr, redisstore.Options{
		TTLs: store.TTLs{Liveness: 1500 * time.Millisecond, Heartbeat: 250 * time.Millisecond, URL: time.Hour}, Timeout: networkTimeout,
	})
	require.NoError(t, err)
	crowd := make([]*caller, callers)
	for i := range crowd {
		crowd[i] = &caller{t: t, s: s, network: n, id: fmt.Sprintf("agent-%d", i), ttl: 1500 * time.Millisecond}
		crowd[i].asked = crowd[i].id
		if crossed {
			crowd[i].asked = crowd[max(0, i-1)].id
		}
		require.NoError(t, s.CacheURL(t.Context(), crowd[i].id, crowd[i].url()))
	}
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, c := range crowd {
		all.Go(func() { c.live(ctx) })
	}
	halt := sync.OnceFunc(func() {
		stop()
		all.Wait()
	})
	defer halt()
	served := func() (sum int64) {
		for _, c := range crowd {
			sum += c.served[well].Load()
		}
		return sum
	}
	start := time.Now()
	for m := range moods {
		n.turn(m)
		time.Sleep(lasting)
		n.turn(well)
		began, before := time.Now(), served()
		for served() == before && time.Since(began) < 10*soon {
			time.Sleep(time.Millisecond)
		}
		first, overslept := time.Since(began), kit.Overslept(began, time.Now())
		t.Logf("%v: the first success %v after it", m, first.Round(time.Millisecond))
		assert.Less(t, first, soon+overslept, "%v: the first success is late", m)
		serveAll(t, crowd)
	}
	n.turn(blackHole)
	time.Sleep(lasting / 4)
	closeInTime(t, s)
	halt()
	var worst time.Duration
	var calls int64
	for m := range moods {
		var began, answered, ended int64
		for _, c := range crowd {
			began += c.began[m].Load()
			answered += c.served[m].Load()
			ended += c.ended[m].Load()
			worst = max(worst, c.worst)
		}
		t.Logf("%v: %d calls, %d served, %d ended by their context", m, began, answered, ended)
		calls += began
		assert.GreaterOrEqual(t, began, int64(floor), "%v: the callers were too idle to show anything", m)
		if m != blackHole && m != refusing && m != halfOpen && m != stalling {
			assert.GreaterOrEqual(t, answered, int64(floorServed), "%v", m)
		} else {
			assert.LessOrEqual(t, answered, int64(callers), "%v: the network was well", m) // the last call of each is served when it is well
		}
	}
	t.Logf("a call outlived its context by %v at most; the machine overslept by up to %v", worst, kit.LongestDelay(start, time.Now()))
	var wrong int64
	for _, c := range crowd {
		wrong += c.crossed.Load()
	}
	board.Row(t, "a bad network: replies of another call", board.Figures{
		Operations: int(calls), Faults: int(moods) - 1, Violations: int(wrong), FloorOperations: floor * int(moods), FloorFaults: int(moods) - 1,
	})
	n.end()
	nothingIsLeft(t, goroutines, heap)
}

// serveAll waits until every caller is served by a network that is well.
func serveAll(t testing.TB, crowd []*caller) {
	t.Helper()
	before := make([]int64, len(crowd))
	for i, c := range crowd {
		before[i] = c.served[well].Load()
	}
	for i, c := range crowd {
		require.Eventually(t, func() bool { return c.served[well].Load() > before[i] }, 10*time.Second, time.Millisecond, "%q is not served again", c.id)
	}
}

// 10,000 calls a second are made into a black hole. Each ends with its context, and
// memory does not grow; then Close ends in time.
//
// It fails if calls wait for the reply alone, if each call leaves a goroutine or a
// kilobyte, and if Close waits for pipelines that last five times Options.Timeout.
func TestABlackHole(t *testing.T) {
	kit.InRealTime(t, func(t testing.TB) { throughABlackHole(t, func() {}) })
}

func TestCallsThatLeaveGoroutinesAreFound(t *testing.T) {
	a := attempt.Make(t.Context(), t, t.Name(), func(a *attempt.T) {
		throughABlackHole(a, func() {
			go func() { <-a.Context().Done() }()
		})
	})
	require.True(t, a.Failed())
	require.Contains(t, a.Reason(), "goroutines are left")
}

// throughABlackHole tells the story, in which each call may leave something.
func throughABlackHole(t testing.TB, leave func()) {
	const (
		perSecond = 10_000
		patience  = 200 * time.Millisecond
	)
	lasting := 5 * time.Second
	if kit.Full() {
		lasting = time.Minute
	}
	server := redistest.Start(t)
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	n := startNetwork(t, server.Addr())
	s, err := redisstore.Open(t.Context(), "redis://"+n.addr, redisstore.Options{Timeout: networkTimeout})
	require.NoError(t, err)
	require.NoError(t, s.SetOnline(t.Context(), "agent"))
	holes := 0
	holes++
	n.turn(blackHole)

	var all sync.WaitGroup
	var calls, served atomic.Int64
	var worst atomic.Int64
	call := func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		deadline := time.Now().Add(patience)
		leave()
		if s.RefreshTTL(ctx, "agent") == nil {
			served.Add(1)
		}
		over := int64(outlived(t, deadline, time.Now()))
		for w := worst.Load(); over > w && !worst.CompareAndSwap(w, over); w = worst.Load() {
		}
		calls.Add(1)
	}
	var early, most uint64 // of the heap: in the first second, and later
	began := time.Now()
	for launched, sampled := 0, 0; time.Since(began) < lasting; time.Sleep(2 * time.Millisecond) {
		for due := int(time.Since(began).Seconds() * perSecond); launched < due; launched++ {
			all.Go(call)
		}
		if second := int(time.Since(began) / time.Second); second > sampled {
			sampled = second
			if most = max(most, heapInUse()); sampled == 1 {
				early = most
			}
		}
	}
	n.turn(well)
	again := time.Now()
	require.Eventually(t, func() bool { return s.RefreshTTL(t.Context(), "agent") == nil }, networkTimeout+slack, time.Millisecond)
	t.Logf("the first success %v after it", time.Since(again).Round(time.Millisecond))
	holes++
	n.turn(blackHole)
	for range perSecond / 10 {
		all.Go(call)
	}
	time.Sleep(patience / 2)
	closeInTime(t, s)
	all.Wait()
	t.Logf("%d calls in %v, %d served; a call outlived its context by %v at most, the machine overslept by up to %v; heap %d KB after a second, %d KB at most",
		calls.Load(), lasting, served.Load(), time.Duration(worst.Load()), kit.LongestDelay(began, time.Now()), early>>10, most>>10)
	assert.GreaterOrEqual(t, calls.Load(), int64(0.9*perSecond*lasting.Seconds()), "the callers were too idle to show anything")
	assert.Less(t, served.Load(), calls.Load()/10, "the network was well")
	assert.Less(t, most, early+growth, "memory grows")
	n.end()
	nothingIsLeft(t, goroutines, heap)
	board.Row(t, "a black hole: goroutines and memory that are left", board.Figures{
		Operations: int(calls.Load()), Faults: holes, FloorOperations: int(0.9 * perSecond * lasting.Seconds()),
	})
}

// closeInTime closes the store, which takes as long as a call.
func closeInTime(t testing.TB, s *redisstore.Store) {
	t.Helper()
	began := time.Now()
	require.NoError(t, s.Close())
	took, overslept := time.Since(began), kit.Overslept(began, time.Now())
	t.Logf("Close took %v", took.Round(time.Millisecond))
	assert.Less(t, took, networkTimeout+slack+overslept)
}

// nothingIsLeft waits until there are no more goroutines than there were, and compares
// the heap.
func nothingIsLeft(t testing.TB, goroutines int, heap uint64) {
	t.Helper()
	assert.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+1 }, // Eventually has one
		networkTimeout+10*slack, 10*time.Millisecond, "goroutines are left")
	t.Logf("goroutines: %d before, %d after; heap: %d KB before, %d KB after", goroutines, runtime.NumGoroutine(), heap>>10, heapInUse()>>10)
	assert.Less(t, heapInUse(), heap+growth, "memory is left")
}

// heapInUse returns the bytes of the heap that are reachable.
func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

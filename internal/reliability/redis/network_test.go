package redis

import (
	"context"
	"fmt"
	"runtime"
	"sync"
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
	attempt.Found(t, "the URL of another", func(a *attempt.T) { badNetwork(a, true) })
}

// badNetwork tells the story, with replies that are crossed or not.
func badNetwork(t testing.TB, crossed bool) {
	const (
		callers = 200

		floor       = 2 * callers // calls that began in each mood
		floorServed = callers     // calls that are served in each mood in which servers answer
	)
	slower := kit.Slower(t)
	lasting, soon := slower*time.Second, slower*time.Second // a mood, and until the first success
	server := redistest.Start(t)
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	n := startNetwork(t, server.Addr())
	s, err := redisstore.Open(t.Context(), "redis://"+n.addr, redisstore.Options{
		TTLs: store.TTLs{Liveness: 1500 * time.Millisecond, Heartbeat: 250 * time.Millisecond, URL: time.Hour}, Timeout: slower * networkTimeout,
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
		require.Eventually(t, func() bool { return c.served[well].Load() > before[i] }, kit.Slower(t)*10*time.Second, time.Millisecond, "%q is not served again", c.id)
	}
}

// closeInTime closes the store, which takes as long as a call.
func closeInTime(t testing.TB, s *redisstore.Store) {
	t.Helper()
	began := time.Now()
	require.NoError(t, s.Close())
	took, overslept := time.Since(began), kit.Overslept(began, time.Now())
	t.Logf("Close took %v", took.Round(time.Millisecond))
	assert.Less(t, took, kit.Slower(t)*(networkTimeout+slack)+overslept)
}

// nothingIsLeft waits until there are no more goroutines than there were, and compares
// the heap.
func nothingIsLeft(t testing.TB, goroutines int, heap uint64) {
	t.Helper()
	assert.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+1 }, // Eventually has one
		kit.Slower(t)*(networkTimeout+10*slack), 10*time.Millisecond, "goroutines are left")
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

package redis

import (
	"context"
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
)

// 10,000 calls a second are made into a black hole. Each ends with its context, and
// memory does not grow; then Close ends in time.
//
// It fails if calls wait for the reply alone, if each call leaves a goroutine or a
// kilobyte, and if Close waits for pipelines that last five times Options.Timeout.
func TestABlackHole(t *testing.T) {
	kit.InRealTime(t, func(t testing.TB) { throughABlackHole(t, func() {}) })
}

func TestCallsThatLeaveGoroutinesAreFound(t *testing.T) {
	attempt.Found(t, "goroutines are left", func(a *attempt.T) {
		throughABlackHole(a, func() {
			go func() { <-a.Context().Done() }()
		})
	})
}

// throughABlackHole tells the story, in which each call may leave something.
func throughABlackHole(t testing.TB, leave func()) {
	const (
		quick   = 10_000 // calls a second
		atOnce  = 3_000  // calls at most, half more than there are on a machine that keeps up
		tooLate = 20     // times as long as the calls should take
	)
	lasting, slower := 5*time.Second, kit.Slower(t)
	if kit.Full() {
		lasting = time.Minute
	}
	total := int(quick * lasting.Seconds())
	lasting *= slower
	perSecond, patience := float64(total)/lasting.Seconds(), slower*200*time.Millisecond
	server := redistest.Start(t)
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	n := startNetwork(t, server.Addr())
	s, err := redisstore.Open(t.Context(), "redis://"+n.addr, redisstore.Options{Timeout: slower * networkTimeout})
	require.NoError(t, err)
	require.NoError(t, s.SetOnline(t.Context(), "agent"))
	holes := 0
	holes++
	n.turn(blackHole)

	var all sync.WaitGroup
	var running, calls, served atomic.Int64
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
		running.Add(-1)
	}
	launch := func() {
		running.Add(1)
		all.Go(call)
	}
	var early, most uint64 // of the heap: in the first second, and later
	began := time.Now()
	for launched, sampled := 0, 0; launched < total; time.Sleep(2 * time.Millisecond) {
		require.Less(t, time.Since(began), tooLate*lasting, "the machine does not keep up")
		due := min(total, int(time.Since(began).Seconds()*perSecond))
		for ; launched < due && running.Load() < atOnce; launched++ {
			launch()
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
	require.Eventually(t, func() bool { return s.RefreshTTL(t.Context(), "agent") == nil }, slower*(networkTimeout+slack), time.Millisecond)
	t.Logf("the first success %v after it", time.Since(again).Round(time.Millisecond))
	holes++
	n.turn(blackHole)
	for range quick / 10 {
		launch()
	}
	time.Sleep(patience / 2)
	closeInTime(t, s)
	all.Wait()
	t.Logf("%d calls, %d served; a call outlived its context by %v at most, the machine overslept by up to %v; heap %d KB after a second, %d KB at most",
		calls.Load(), served.Load(), time.Duration(worst.Load()), kit.LongestDelay(began, time.Now()), early>>10, most>>10)
	assert.Less(t, served.Load(), calls.Load()/10, "the network was well")
	assert.Less(t, most, early+growth, "memory grows")
	n.end()
	nothingIsLeft(t, goroutines, heap)
	board.Row(t, "a black hole: goroutines and memory that are left", board.Figures{
		Operations: int(calls.Load()), Faults: holes, FloorOperations: total,
	})
}

package benchmarks

import (
	"context"
	"sync"
	"testing"
	"time"
)

// call does something about the workspace at a place of the fleet.
type call func(ctx context.Context, at int) error

// crowd is a number of callers that share a store.
type crowd struct {
	callers int
	places  int // of the fleet
}

// run makes n calls, shared evenly, and returns how long some of them took.
// Each caller begins at a place of its own, and if n is no more than the fleet
// has places, each of the first n has one call. A call that fails ends the test.
func (c crowd) run(tb testing.TB, n int, do call) []time.Duration {
	tb.Helper()
	var (
		callers sync.WaitGroup
		mu      sync.Mutex
		took    []time.Duration
		failed  error
	)
	for i := range c.callers {
		first := i * min(n, c.places) / c.callers
		share := (i+1)*n/c.callers - i*n/c.callers
		callers.Go(func() {
			timed, err := c.walk(first, share, do)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, timed...)
			if err != nil {
				failed = err
			}
		})
	}
	callers.Wait()
	if failed != nil {
		tb.Fatal(failed)
	}
	return took
}

// walk is one caller, with a context as a request has.
func (c crowd) walk(first, share int, do call) (took []time.Duration, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	// Reading the clock costs as much as a call in memory: one in 64 is timed
	// where there are many.
	every := min(max(1, share/100), 64)
	for n := range share {
		if n%every > 0 {
			if err := do(ctx, first+n); err != nil {
				return nil, err
			}
			continue
		}
		began := time.Now()
		if err := do(ctx, first+n); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

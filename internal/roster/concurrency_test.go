package roster

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ticking is a clock that goes on by 1 with each reading. A caller that has read
// it is often overtaken.
type ticking struct{ now atomic.Int64 }

func (c *ticking) read() time.Duration {
	now := c.now.Add(1)
	if now%2 == 0 {
		runtime.Gosched()
	}
	return time.Duration(now)
}

func newTicking(limit int) (*Roster, *ticking) {
	c := &ticking{}
	return New(Config{Now: c.read, Limit: limit, MaxDeaths: limit, KeepDeaths: time.Hour}), c
}

func TestAfterAnyChaosTheIndexIsNoLaterThanTheDeadlines(t *testing.T) {
	const rounds, callers, operations, ids, ttls = 300, 4, 50, 20, 1000
	r, clock := newTicking(ids)
	for range rounds {
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				for range operations {
					id, ttl := fmt.Sprint(rand.IntN(ids)), time.Duration(1+rand.IntN(ttls))
					switch rand.IntN(8) {
					case 0, 1:
						r.Set(id, ttl, nil)
					case 2:
						r.Remove(id, func() {})
					case 3:
						r.Remaining(id)
					default:
						r.Refresh(id, ttl)
					}
				}
			})
		}
		wg.Wait()
		checkIndex(t, r)
	}
	assert.NotZero(t, countOf(r))
	clock.now.Add(ttls)
	assert.Zero(t, countOf(r))
}

// checkIndex checks the invariants between any two operations.
func checkIndex(t *testing.T, r *Roster) {
	held := 0
	for i := range r.stripes {
		s := &r.stripes[i]
		held += s.lives.Len()
		require.Len(t, s.index.entries, s.lives.Len())
		for at, e := range s.index.entries {
			require.Equal(t, at, int(e.item.at))
			require.Same(t, e.item, s.lives.Find(e.item.id, e.item.hash))
			require.LessOrEqual(t, e.when, e.item.Deadline(), "a bound is never later than the deadline")
		}
	}
	require.Equal(t, held, int(r.lifeCount.Load()))
}

func TestAWorkspaceThatIsSeenOfflineStaysSoUntilSetOnline(t *testing.T) {
	const rounds, leastExtended, hearts = 3000, 1000, 3
	r, _ := newTicking(1)
	var extended atomic.Int64
	for range rounds {
		r.Set("a", 40, nil)
		var offline atomic.Bool
		var wg sync.WaitGroup
		for h := range hearts {
			wg.Go(func() {
				for range 10 {
					seen := offline.Load()
					ok := r.Refresh("a", time.Duration(1+h*3))
					if ok && seen {
						t.Error("a workspace that was seen offline is extended")
					}
					if ok {
						extended.Add(1)
					}
				}
			})
		}
		wg.Go(func() {
			for r.Remaining("a") > 0 {
				runtime.Gosched()
			}
			offline.Store(true)
		})
		wg.Wait()
	}
	assert.GreaterOrEqual(t, extended.Load(), int64(leastExtended))
}

func TestWhatIsRemovedIsSeenToGoInOneStep(t *testing.T) {
	const rounds, readers = 2000, 3
	r, _ := newTicking(1)
	var cached atomic.Bool
	for range rounds {
		cached.Store(true)
		r.Set("a", time.Hour, nil)
		var wg sync.WaitGroup
		for i := range readers {
			offline := func() bool { return r.Remaining("a") == 0 }
			noAddress := func() (none bool) {
				r.View("a", func(time.Duration) { none = !cached.Load() })
				return none
			}
			first, second := offline, noAddress
			if i == 0 {
				first, second = second, first
			}
			wg.Go(func() {
				for !first() {
					runtime.Gosched()
				}
				if !second() {
					t.Error("a part of the workspace is still there after another was seen gone")
				}
			})
		}
		wg.Go(func() {
			r.Remove("a", func() {
				runtime.Gosched()
				cached.Store(false)
				runtime.Gosched()
			})
		})
		wg.Wait()
	}
}

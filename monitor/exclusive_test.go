package monitor_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/race"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
)

func TestEightMonitorsHandleEachDeathOnce(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		monitors, deaths := 8, 20_000
		if race.Enabled {
			deaths = 2000
		}
		for i := range monitors {
			w.watchBy(fmt.Sprint(i), w.Store, unguarded, func(context.Context, monitor.Death) error {
				time.Sleep(rand.N(100 * time.Millisecond))
				return nil
			})
		}
		w.calm()
		ids := names("w", deaths)
		w.online(ids...)
		w.pass(ttl + time.Minute)
		w.once(ids...)
		by := make(map[string]int)
		for _, r := range w.reported() {
			by[r.by]++
		}
		assert.Len(t, by, monitors, "they share the work")
	})
}

func TestASlowHandlerKeepsItsDeath(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		slow := func(ctx context.Context, d monitor.Death) error {
			time.Sleep(3 * lease)
			return ctx.Err()
		}
		for i := range 3 {
			w.watchBy(fmt.Sprint(i), w.Store, unguarded, slow)
		}
		w.calm()
		w.online("a")
		w.pass(ttl + 10*lease)
		w.once("a")
	})
}

func TestAHandlerStopsBeforeItsLeaseEndsWhenTheStoreHangs(t *testing.T) {
	for name, outage := range map[string]func(mended <-chan struct{}) fault{
		"unreachable": func(<-chan struct{}) fault { return broken },
		"hanging":     func(<-chan struct{}) fault { return hanging },
		"deaf to every context": func(mended <-chan struct{}) fault {
			return func(context.Context, string) error { <-mended; return nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				var told atomic.Pointer[time.Time]
				l := w.line()
				w.watchBy("first", l, unguarded, func(ctx context.Context, d monitor.Death) error {
					<-ctx.Done()
					now := time.Now()
					told.Store(&now)
					assert.ErrorIs(t, context.Cause(ctx), monitor.ErrNotHeld)
					return nil
				})
				w.calm()
				w.online("a")
				w.pass(ttl + 10*lease)
				w.once("a")

				mended, cut := make(chan struct{}), time.Now()
				defer close(mended)
				l.is(outage(mended))
				w.watchBy("second", w.Store, unguarded, nil)
				w.pass(lease + interval)
				runs := w.reported()
				require.Len(t, runs, 2)
				assert.Equal(t, "second", runs[1].by)
				require.NotNil(t, told.Load(), "the first was told to stop")
				assert.WithinRange(t, *told.Load(), cut.Add(lease/2), runs[1].at.Add(-lease/6+soon))
			})
		})
	}
}

func TestAFormerHolderCannotEndADeath(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		l := w.line()
		w.watchBy("former", l, unguarded, func(ctx context.Context, d monitor.Death) error {
			time.Sleep(2 * lease)
			return nil
		})
		w.calm()
		w.online("a")
		w.pass(ttl + time.Second)
		l.is(only(broken, "Extend", "Sweep"))

		var cause error
		w.watchBy("present", w.Store, unguarded, func(ctx context.Context, d monitor.Death) error {
			select {
			case <-ctx.Done():
				cause = context.Cause(ctx)
			case <-time.After(10 * lease):
			}
			return errHandler
		})
		w.pass(5 * lease)
		require.Len(t, w.reported(), 2)
		assert.NoError(t, cause, "the present holder keeps it")
		w.pass(10 * lease)
		require.GreaterOrEqual(t, len(w.reported()), 3)
		assert.Equal(t, 3, w.reported()[2].Attempt, "and decides what becomes of it")
	})
}

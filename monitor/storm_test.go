package monitor_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
)

const (
	stormBegins = "liveness: storm"
	stormEnds   = "liveness: the storm is over"
)

// silence watches a fleet of which the first so many fall silent, and returns
// when they died.
func (w *world) silence(monitors int, ids []string, silent int) time.Time {
	for i := range monitors {
		l := w.line()
		// Monitors that sweep at the same moment write at the same moment.
		l.is(only(func(context.Context, string) error { time.Sleep(time.Millisecond); return nil }, "Note"))
		w.watchBy(fmt.Sprint(i), l, monitor.Config{}, nil)
	}
	w.beating(2*ttl, ids...)
	last := time.Now().Add(-heartbeat)
	w.beating(time.Until(last.Add(ttl)), ids[silent:]...)
	return time.Now()
}

func TestAStormIsHeldForOneTTLAndThenDrips(t *testing.T) {
	for _, monitors := range []int{1, 3} {
		t.Run(fmt.Sprintf("monitors=%d", monitors), func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				const fleet, drip = 1000, 10
				ids := names("w", fleet)
				dead, alive := ids[:fleet/2], ids[fleet/2:]
				died := w.silence(monitors, ids, len(dead))
				w.beating(ttl-soon, alive...)
				w.nobody()
				w.beating(ttl, alive...)

				w.once(dead...)
				at := died.Add(ttl)
				for i, r := range w.reported() {
					late := time.Duration(i/drip) * interval
					assert.WithinRange(t, r.at, at.Add(late), at.Add(late+interval), "report %d", i)
				}
				assert.Equal(t, monitors, w.log.count(stormBegins), "each monitor says so once")
				assert.Equal(t, monitors, w.log.count(stormEnds))
			})
		})
	}
}

func TestAStormIsSeenThoughEachDeathIsHandledAtOnce(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const fleet, share = 1000, 150
		ids := names("w", fleet)
		dead, alive := ids[:fleet/2], ids[fleet/2:]
		w.watch(monitor.Config{})
		w.calm()
		w.online(alive...)
		for _, id := range dead {
			w.online(id)
			w.pass(heartbeat / time.Duration(len(dead)))
		}
		w.beating(ttl, alive...)
		require.Len(t, w.reported(), share)
		require.Equal(t, 1, w.log.count(stormBegins))
		w.beating(ttl-heartbeat, alive...)
		require.Len(t, w.reported(), share)
		w.beating(ttl, alive...)
		w.once(dead...)
		assert.Equal(t, 1, w.log.count(stormEnds))
	})
}

func TestTheDripComesInRandomOrder(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 100)
		w.watch(monitor.Config{})
		w.calm()
		for _, id := range ids {
			w.online(id)
			w.pass(soon / 1000)
		}
		w.pass(3 * ttl)
		w.once(ids...)
		assert.False(t, slices.IsSortedFunc(w.reported()[:50], func(a, b run) int { return a.Deadline.Compare(b.Deadline) }))
	})
}

func TestAfterAStormThatBlewOverNobodyIsReported(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 1000)
		w.silence(2, ids, 500)
		w.beating(ttl/2, ids[500:]...)
		assert.Equal(t, 2, w.log.count(stormBegins))
		w.beating(5*ttl, ids...)
		w.nobody()
		assert.Equal(t, 2, w.log.count(stormEnds))
	})
}

func TestEachStormIsAnnouncedOnce(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const storms = 3
		ids := names("w", 100)
		w.watch(monitor.Config{})
		w.watch(monitor.Config{})
		for range storms {
			w.beating(2*ttl, ids...)
			w.beating(ttl, ids[50:]...)
		}
		w.beating(2*ttl, ids...)
		assert.Equal(t, 2*storms, w.log.count(stormBegins))
		assert.Equal(t, 2*storms, w.log.count(stormEnds))
		w.nobody()
	})
}

func TestAStormNeedsAShareOfTheFleetAndAtLeastThree(t *testing.T) {
	for _, c := range []struct {
		fleet, silent int
		storm         bool
	}{
		{4, 2, false},
		{4, 3, true},
		{100, 15, false},
		{100, 16, true},
	} {
		t.Run(fmt.Sprintf("silent=%d/fleet=%d", c.silent, c.fleet), func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				ids := names("w", c.fleet)
				w.silence(1, ids, c.silent)
				w.beating(interval, ids[c.silent:]...)
				if c.storm {
					w.nobody()
				} else {
					w.once(ids[:c.silent]...)
				}
			})
		})
	}
}

func TestTheDripIsAShareOfTheFleetThatWas(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const fleet = 1000
		ids := names("w", fleet)
		died := w.silence(1, ids, fleet)
		w.pass(ttl + 102*interval)
		require.Len(t, w.reported(), fleet)
		w.once(ids...)
		assert.Greater(t, w.reported()[fleet-1].at.Sub(died), ttl+90*interval, "little by little")
	})
}

func TestDeathsThatWaitedOutAGraceCanBeAStorm(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 100)
		w.online(ids...)
		w.watch(monitor.Config{})
		w.beating(ttl-heartbeat, ids[50:]...) // all of them died in the first grace
		w.beating(heartbeat+ttl/2, ids[50:]...)
		w.nobody()
		assert.Equal(t, 1, w.log.count(stormBegins))
	})
}

func TestHandlersThatKeepFailingDoNotKeepAStorm(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 20)
		w.handle(monitor.Config{}, func(context.Context, monitor.Death) error { return errHandler })
		w.beating(2*ttl, ids...)
		w.beating(3*ttl, ids[10:]...)
		require.Equal(t, 1, w.log.count(stormBegins))
		assert.Equal(t, 1, w.log.count(stormEnds))
	})
}

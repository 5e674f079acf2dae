package monitor_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

const (
	holdBegins = "liveness: hold"
	holdEnds   = "liveness: the hold is over"
)

// silence watches a fleet, some quiet time later the first so many fall silent;
// it returns when their deadlines have passed.
func (w *world) silence(monitors int, ids []string, silent int) {
	for i := range monitors {
		l := w.line()
		// Monitors that sweep at the same moment write at the same moment.
		l.is(only(func(context.Context, string) error { time.Sleep(time.Millisecond); return nil }, "Note"))
		w.watchBy(fmt.Sprint(i), l, monitor.Config{}, nil)
	}
	w.beating(2*ttl, ids...)
	last := time.Now().Add(-heartbeat)
	w.beating(time.Until(last.Add(ttl)), ids[silent:]...)
}

func TestP6AHoldNeedsAPartOfTheFleetThatIsSurelyTooLarge(t *testing.T) {
	for _, c := range []struct {
		fleet, silent int
		hold          bool
	}{
		{1, 1, false},
		{2, 2, true},
		{10, 3, false},
		{10, 4, true},
		{200, 20, false},
		{200, 40, true},
	} {
		t.Run(fmt.Sprintf("silent=%d/fleet=%d", c.silent, c.fleet), func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				ids := names("w", c.fleet)
				w.silence(1, ids, c.silent)
				w.beating(time.Second, ids[c.silent:]...)
				if c.hold {
					w.nobody()
				} else {
					w.once(ids[:c.silent]...)
				}
			})
		})
	}
}

func TestP6AHoldEndsWhenHeartbeatsArriveAgainAndReportsNoComeback(t *testing.T) {
	for _, monitors := range []int{1, 3} {
		t.Run(fmt.Sprintf("monitors=%d", monitors), func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				ids := names("w", 100)
				w.silence(monitors, ids, 50)
				w.beating(ttl/2, ids[50:]...)
				w.nobody()
				w.beating(5*ttl, ids...)
				w.nobody()
				assert.Equal(t, monitors, w.log.count(holdBegins), "each monitor tells it once")
				assert.Equal(t, monitors, w.log.count(holdEnds))
			})
		})
	}
}

// Heartbeats that did not arrive kill also when they arrive again: the first to be cut
// off may be the last to be heard from.
func TestP6ADeathSoonAfterTheEvidenceIsHeld(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 16)
		w.silence(1, ids, 0)
		first, others := ids[:1], ids[1:]
		w.beating(time.Second, others...) // the first was heard from up to one heartbeat before
		w.pass(time.Until(w.deadline(first[0]).Add(-2 * heartbeat / 5)))
		w.beating(heartbeat/2, others...)
		require.Equal(t, 1, w.log.count(holdBegins))
		w.beating(ttl, ids...)
		w.nobody()
		require.Equal(t, 1, w.log.count(holdEnds))
	})
}

// What nobody looked at proves nothing: heartbeats may have begun to arrive a moment ago.
func TestP6CalmIsOnlyWhatWasWatched(t *testing.T) {
	const fleet, due = 16, 3                      // so many are heard from later than the others
	seldom := monitor.Config{Interval: heartbeat} // a gap of 90 s begins no grace
	for name, c := range map[string]struct {
		config  monitor.Config
		fault   fault
		silent  time.Duration // before the fault
		unheard time.Duration // after that
		another bool          // the monitor is followed by another
	}{
		"in a hold":                        {seldom, broken, ttl + time.Minute, time.Minute, false},
		"in a hold, calls hang":            {seldom, hanging, ttl + time.Minute, time.Minute, false},
		"in a hold, one follows the other": {seldom, broken, ttl + time.Minute, time.Minute, true},
		"before the first death":           {monitor.Config{}, only(broken, "Look"), ttl - heartbeat, 2 * heartbeat, false},
		"before the first death, it hangs": {monitor.Config{}, only(hanging, "Look"), ttl - heartbeat, 2 * heartbeat, false},
		"before the first death, sampling": {monitor.Config{}, only(broken, "Sample", "Look"), ttl - heartbeat, 2 * heartbeat, false},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				l, ids := w.line(), names("w", fleet)
				m := w.watchBy("", l, c.config, nil)
				w.beating(2*ttl, ids...)
				w.pass(c.silent - heartbeat)
				l.is(c.fault)
				w.pass(c.unheard)
				w.beating(time.Second, ids[due:]...)
				w.nobody()
				if c.another {
					require.NoError(t, m.stop())
					w.watchBy("", l, c.config, nil)
				}
				l.mend()
				w.beating(heartbeat-5*time.Second, ids[due:]...)
				w.beating(ttl, ids...)
				w.nobody()
			})
		})
	}
}

func (w *world) deadline(id string) time.Time {
	status, err := w.Lookup(w.t.Context(), id)
	require.NoError(w.t, err)
	return time.Now().Add(status.Remaining)
}

func TestP6TheDeathsOfAHoldThatWasTooLongAreHandedOutSlowly(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const fleet = 100
		ids := names("w", fleet)
		w.silence(2, ids, fleet)
		w.pass(5*ttl - time.Minute)
		w.nobody()
		w.pass(2 * time.Minute)
		assert.LessOrEqual(t, len(w.reported()), 2, "a few at first")
		assert.NotEmpty(t, w.reported())
		w.pass(4 * time.Hour) // none comes back
		w.once(ids...)
	})
}

func TestP6TheDeathsOfAPartAreHandedOutAfterOneTTLGradually(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 200)
		dead, alive := ids[:60], ids[60:]
		w.silence(2, ids, len(dead))
		began := time.Now()
		w.beating(ttl-5*time.Second, alive...)
		w.nobody()
		w.beating(ttl, alive...)
		w.once(dead...)
		last := w.reported()[len(dead)-1].at.Sub(began)
		assert.Greater(t, last, ttl+5*time.Second, "2 % of the fleet a second from each monitor")
	})
}

func TestP6WithoutEvidenceNothingIsHandedOut(t *testing.T) {
	fails := probing(func(context.Context, string) (bool, error) { return false, errHandler })
	for name, c := range map[string]struct {
		config monitor.Config
		ops    []string
	}{
		"the panel cannot be looked at":                 {monitor.Config{}, []string{"Look"}},
		"the panel cannot be filled":                    {monitor.Config{}, []string{"Sample", "Look"}},
		"the panel cannot be looked at, no Probe knows": {fails, []string{"Look"}},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				l, ids := w.line(), names("w", 20)
				m := w.watchBy("", l, c.config, nil)
				w.beating(2*ttl, ids...)
				l.is(only(broken, c.ops...))
				w.beating(2*ttl, ids[1:]...)
				w.nobody()
				assert.Equal(t, monitor.StateBlind, m.Status().State)
				l.mend()
				w.beating(time.Minute, ids[1:]...)
				w.once(ids[0])
			})
		})
	}
	for name, c := range map[string]monitor.Config{"the guard is off": unguarded, "the death is by Expire": {}} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				l, ids := w.line(), names("w", 20)
				w.watchBy("", l, c, nil)
				w.beating(2*ttl, ids...)
				if c.Hold.Share == 1 {
					l.is(only(broken, "Sample", "Look"))
				}
				require.NoError(t, store.Expire(w.t.Context(), w, ids[0]))
				w.beating(10*time.Second, ids[1:]...)
				w.once(ids[0])
			})
		})
	}
}

func TestP6AHoldIsKeptInTheStore(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 50)
		first := w.watch(monitor.Config{})
		w.beating(2*ttl, ids...)
		w.pass(ttl + 10*time.Second)
		since := first.Status().Since
		require.False(t, since.IsZero())
		for range 5 {
			require.Equal(t, monitor.StateHold, first.Status().State)
			require.NoError(t, first.stop())
			first = w.watch(monitor.Config{})
			w.pass(time.Minute)
		}
		w.nobody()
		st := first.Status()
		assert.WithinDuration(t, since, st.Since, time.Millisecond)
		assert.Equal(t, 5*ttl, st.Until.Sub(st.Since))
		assert.Contains(t, st.Reason, "are silent")
	})
}

func TestP6HandlersThatKeepFailingBeginNoHold(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 200)
		w.handle(monitor.Config{}, func(context.Context, monitor.Death) error { return errHandler })
		w.beating(2*ttl, ids...)
		for n := 20; n <= 100; n += 20 {
			w.beating(2*ttl, ids[n:]...)
		}
		assert.Zero(t, w.log.count(holdBegins))
	})
}

func TestP6ADeathByExpireIsHandedOutDuringAHold(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 100)
		w.silence(2, ids, 50)
		require.NoError(t, store.Expire(w.t.Context(), w, ids[99]))
		w.beating(10*time.Second, ids[50:99]...)
		w.once(ids[99])
		assert.True(t, w.reported()[0].Expired)
	})
}

func TestP6AnOperatorEndsAHold(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 100)
		m := w.watch(monitor.Config{})
		w.watch(monitor.Config{})
		w.beating(2*ttl, ids...)
		w.beating(ttl, ids[50:]...)
		w.nobody()
		require.NoError(t, m.EndHold(w.t.Context()))
		w.beating(2*time.Minute, ids[50:]...)
		w.once(ids[:50]...)
		assert.Equal(t, 2, w.log.count(holdBegins), "the same evidence begins no other")
	})
}

func TestP6LostHeartbeatsDelayADeathAndNoMore(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 40)
		w.watch(monitor.Config{})
		w.beating(2*ttl, ids...)
		for range 20 { // half of the heartbeats are lost
			w.beating(heartbeat, ids[:20]...)
			w.beating(heartbeat, ids[20:]...)
		}
		dead := ids[0]
		w.beating(heartbeat, ids[20:]...)
		for range 60 {
			w.beating(heartbeat, ids[1:20]...)
			w.beating(heartbeat, ids[20:]...)
		}
		w.once(dead)
		r := w.reported()[0]
		late := r.at.Sub(r.Deadline)
		assert.Greater(t, late, 2*time.Minute)
		assert.Less(t, late, 15*time.Minute)
	})
}

func TestP6AnnouncedSilencesAreNoEvidence(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 20)
		w.watch(monitor.Config{})
		w.beating(2*ttl, ids...)
		for _, id := range ids[:10] {
			_, err := store.HeartbeatFor(w.t.Context(), w, id, 20*time.Minute)
			require.NoError(t, err)
		}
		w.beating(ttl-heartbeat/2, ids[10:19]...) // one of the others dies
		w.beating(ttl, ids[10:19]...)
		w.once(ids[19])
		assert.LessOrEqual(t, w.reported()[0].at.Sub(w.reported()[0].Deadline), soon)
		assert.Zero(t, w.log.count(holdBegins))
	})
}

// dim is a store that cannot be sampled: holds go by the counts of sweeps.
type dim struct {
	store.LivenessStore
	driver.Reaper
}

func TestP6AHoldEndsWhereThereIsNoPanel(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 10)
		m := w.watchBy("", dim{w.Store, w.Store}, monitor.Config{}, nil)
		w.beating(2*ttl, ids...)
		w.beating(3*ttl, ids[4:]...)
		require.NotEmpty(t, w.reported(), "the hold is over")
		w.beating(10*ttl, ids...)
		assert.Equal(t, monitor.StateNormal, m.Status().State)
		before := len(w.reported())
		w.pass(2 * ttl)
		assert.Len(t, w.reported(), before, "another hold begins")
	})
}

func TestP6AHoldIsOverWhereTheGuardIsOff(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 10)
		m := w.watch(monitor.Config{})
		w.beating(2*ttl, ids...)
		w.pass(2 * ttl)
		require.Equal(t, monitor.StateHold, m.Status().State)
		require.NoError(t, m.stop())
		m = w.watch(unguarded)
		w.beating(10*ttl, ids...)
		assert.Equal(t, monitor.StateNormal, m.Status().State)
		assert.Zero(t, w.agreement().Hold)
	})
}

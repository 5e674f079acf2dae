package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

func TestNothingIsReportedBeforeAStoreWasWatchedForOneTTL(t *testing.T) {
	short := store.TTLs{For: func(id string) time.Duration {
		if id == "short" {
			return time.Second
		}
		return 0
	}}
	story(t, memstore.Options{TTLs: short}, func(w *world) {
		w.online("short", "long")
		w.watch(unguarded)
		w.pass(ttl - time.Millisecond)
		w.nobody()
		w.beating(time.Minute, "long")
		w.once("short")
	})
}

func TestAGapBeginsAGrace(t *testing.T) {
	for _, c := range []struct {
		gap, interval, grace time.Duration
	}{
		{3 * time.Second, 0, 0},
		{5 * time.Second, 0, 35 * time.Second},
		{100 * time.Second, 0, 130 * time.Second},
		{time.Hour, 0, ttl},
		{15 * time.Second, 5 * time.Second, 0},
		{20 * time.Second, 5 * time.Second, 50 * time.Second},
	} {
		t.Run(fmt.Sprintf("gap=%v/interval=%v", c.gap, c.interval), func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				config := unguarded
				config.Interval = c.interval
				w.online("dead")
				m := w.watch(config)
				w.pass(ttl - 5*time.Second)
				require.NoError(t, w.RefreshTTL(t.Context(), "dead"))
				w.pass(ttl - 5*time.Second) // the first grace is over, and a sweep is now
				require.NoError(t, m.stop())

				w.pass(c.gap)
				up := time.Now()
				w.watch(config)
				w.pass(time.Hour)
				w.once("dead")
				due := w.reported()[0].Deadline
				if end := up.Add(c.grace); end.After(due) {
					due = end
				}
				assert.WithinRange(t, w.reported()[0].at, due, due.Add(max(c.interval, interval)))
			})
		})
	}
}

func TestDeathsWhileNobodyWatchesAreReportedAfterTheGrace(t *testing.T) {
	for _, down := range []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute} {
		t.Run(down.String(), func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				const fleet, deaths = 1000, 100
				ids := names("w", fleet)
				dead, alive := ids[:deaths], ids[deaths:]
				first := []*watcher{w.watch(monitor.Config{}), w.watch(monitor.Config{})}
				w.beating(ttl+time.Minute, ids...)
				w.beating(ttl-2*heartbeat, alive...)
				w.nobody()
				for _, m := range first {
					require.NoError(t, m.stop())
				}
				w.beating(down, alive...)

				up := time.Now()
				w.watch(monitor.Config{})
				w.watch(monitor.Config{})
				grace := min(down+heartbeat, ttl)
				w.beating(grace-time.Millisecond, alive...)
				w.nobody()
				w.beating(ttl, alive...)
				w.once(dead...)
				for _, r := range w.reported() {
					assert.WithinRange(t, r.at, up.Add(grace), up.Add(grace+interval))
				}
			})
		})
	}
}

func TestTheLivingAreNotReportedAfterAnOutage(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const outages = 50
		l, alive := w.line(), names("alive", 20)
		w.watchBy("", l, monitor.Config{}, nil)
		beat := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); w.pass(min(heartbeat, time.Until(end))) {
				for _, id := range alive {
					_, _ = store.Heartbeat(t.Context(), l, id) // fails in an outage
				}
			}
		}
		beat(2 * ttl)
		for n := range outages {
			l.is(broken)
			beat(time.Duration(n+1) * 7 * time.Second)
			l.mend()
			beat(time.Duration(n%11) * 23 * time.Second) // sometimes the grace is not over yet
		}
		beat(2 * ttl)
		w.nobody()
		assert.GreaterOrEqual(t, w.log.count("does not answer"), outages*3/4)
	})
}

func TestAGapDuringAGraceExtendsItByThatGap(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		l, start := w.line(), time.Now()
		w.online("dead")
		w.watchBy("", l, monitor.Config{}, nil)
		w.pass(time.Minute)
		l.is(broken)
		w.pass(time.Minute)
		l.mend()
		w.pass(time.Hour)
		w.once("dead")
		assert.WithinRange(t, w.reported()[0].at, start.Add(ttl+time.Minute), start.Add(ttl+time.Minute+2*interval))
	})
}

// owner knows which workspaces should be online.
type owner struct {
	names  atomic.Pointer[[]string]
	asked  atomic.Int64
	answer func(ctx context.Context) error // nil: at once
}

func (o *owner) expects(ids ...string) { o.names.Store(&ids) }

func (o *owner) list(ctx context.Context) ([]string, error) {
	o.asked.Add(1)
	named := *o.names.Load()
	if o.answer != nil {
		if err := o.answer(ctx); err != nil {
			return nil, err
		}
	}
	return named, nil
}

func TestWhatIsExpectedAndNotHeardFromIsReported(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		// The store is empty: it lost everything.
		var o owner
		o.expects("lost", "moved", "alive", "no:name")
		w.watch(monitor.Config{Storm: unguarded.Storm, Expected: o.list})
		w.online("stopped")
		w.beating(time.Minute, "alive")
		o.expects("lost", "alive", "late")
		w.beating(ttl-time.Minute-soon, "alive")
		w.nobody()
		w.beating(ttl, "alive")
		w.once("lost")
		r := w.reported()[0]
		assert.True(t, r.Adopted)
		assert.WithinRange(t, r.at, w.start.Add(ttl), w.start.Add(ttl+interval))
		assert.EqualValues(t, 2, o.asked.Load(), "at the beginning and at the end")
		assert.Equal(t, 1, w.log.count("no workspace can be called"))
	})
}

func TestTheGraceGoesOnWhileTheOwnerCannotSayWhatToExpect(t *testing.T) {
	failures := map[string]func(context.Context) error{
		"an error": func(context.Context) error { return errors.New("the owner is away") },
		"a panic":  func(context.Context) error { panic("the owner is away") },
		"slowness": func(ctx context.Context) error { time.Sleep(10 * time.Minute); return nil },
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				var away atomic.Bool
				away.Store(true)
				o := owner{answer: func(ctx context.Context) error {
					if away.Load() {
						return failure(ctx)
					}
					return nil
				}}
				o.expects("dead", "lost", "alive")
				m := w.watch(monitor.Config{Storm: unguarded.Storm, Expected: o.list})
				w.online("dead", "stopped")
				w.beating(10*time.Minute-time.Second, "alive")
				w.nobody()
				assert.Equal(t, monitor.StateGrace, m.Status().State)
				assert.Less(t, m.Status().Lag, 2*interval, "sweeps go on")

				away.Store(false)
				w.beating(ttl-interval, "alive")
				w.nobody()
				w.beating(ttl, "alive")
				w.once("dead", "lost")
				assert.Equal(t, monitor.StateNormal, m.Status().State)
				if name != "slowness" {
					assert.Greater(t, w.log.count("what to expect is not known"), 100)
				}
			})
		})
	}
}

func TestOneWhoDiesWhileTheOwnerIsAskedIsReported(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		var o owner
		o.expects()
		o.answer = func(context.Context) error { time.Sleep(2 * ttl); return nil }
		w.watch(monitor.Config{Storm: unguarded.Storm, Expected: o.list})
		w.pass(2*ttl + ttl + time.Second) // the second question was asked
		w.online("new")
		w.pass(time.Hour)
		w.once("new")
	})
}

func TestAnOwnerWhoIgnoresItsContextDoesNotHoldUpTheEnd(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		answer := make(chan struct{})
		o := owner{answer: func(context.Context) error { <-answer; return nil }}
		o.expects()
		m := w.watch(monitor.Config{Expected: o.list})
		w.pass(time.Minute)
		stopped := time.Now()
		assert.NoError(t, m.stop())
		assert.Zero(t, time.Since(stopped))
		close(answer)
	})
}

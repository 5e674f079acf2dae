package monitor_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
)

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

func TestAWorkspaceThatIsExpectedAndNotHeardFromIsReported(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		// The store is empty: it lost everything.
		var o owner
		o.expects("lost", "moved", "alive", "no:name")
		w.watch(monitor.Config{Hold: unguarded.Hold, Expected: o.list})
		w.online("stopped")
		w.beating(time.Minute, "alive")
		o.expects("lost", "alive", "late")
		w.beating(ttl-time.Minute-soon, "alive")
		w.nobody()
		w.beating(ttl-interval, "alive")
		w.once("lost")
		r := w.reported()[0]
		assert.True(t, r.Adopted)
		assert.WithinRange(t, r.at, w.start.Add(ttl), w.start.Add(ttl+2*interval))
		assert.EqualValues(t, 2, o.asked.Load(), "at the beginning and at the end of the grace")
		assert.Equal(t, 1, w.log.count("no workspace can be called"))
	})
}

func TestAWorkspaceThatNeverRegistersIsReportedInQuietTimes(t *testing.T) {
	inShards(t, 4, func(w *world, s *sharded) {
		var o owner
		o.expects("a")
		for range 3 {
			w.watchBy("", s, monitor.Config{Expected: o.list}, nil)
		}
		s.beating(w, 20*time.Minute, "a")
		o.expects("a", "never", "booting")
		named := time.Now()
		s.beating(w, 5*heartbeat, "a")
		s.beating(w, 6*time.Minute, "a", "booting")
		w.once("never")
		assert.LessOrEqual(t, w.reported()[0].at.Sub(named), ttl+5*time.Minute+interval)
		asked := o.asked.Load()
		s.beating(w, time.Hour, "a", "booting")
		assert.InDelta(t, 12, o.asked.Load()-asked, 1, "one monitor asks, every Reconcile")
	})
}

func TestAReplacementThatNeverRegistersIsReportedAgainAndAgain(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		var o owner
		o.expects("a", "b")
		w.watch(monitor.Config{Expected: o.list})
		w.beating(20*time.Minute, "a", "b")
		w.beating(2*time.Hour, "b")
		runs := w.reports("a")
		require.GreaterOrEqual(t, len(runs), 12)
		for i := range runs[1:] {
			assert.LessOrEqual(t, runs[i+1].at.Sub(runs[i].at), ttl+5*time.Minute+2*interval)
			assert.GreaterOrEqual(t, runs[i+1].at.Sub(runs[i].at), ttl, "one silence is reported once")
		}
		assert.Empty(t, w.reports("b"))
	})
}

func TestOneSilenceIsReportedOnceThoughMonitorsAreReplacedWhileItsWorkspaceBoots(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		var o owner
		o.expects("a", "b")
		m := w.watch(monitor.Config{Expected: o.list})
		w.beating(10*time.Minute, "a", "b")
		w.beating(ttl, "b")
		w.once("a")
		require.NoError(t, m.stop())
		w.beating(7*time.Second, "b") // a gap, and so a grace
		w.watch(monitor.Config{Expected: o.list})
		w.beating(90*time.Second-7*time.Second, "b")
		w.beating(time.Hour, "a", "b") // it has booted
		w.once("a")
	})
}

func TestADeathThatWasHandedOutIsNotForgottenBecauseAListOmitsIt(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		var o owner
		o.expects("a", "b")
		l := w.line()
		w.watchBy("first", l, monitor.Config{Expected: o.list}, func(ctx context.Context, _ monitor.Death) error {
			<-ctx.Done()
			return ctx.Err()
		})
		w.beating(10*time.Minute, "a", "b")
		w.beating(ttl, "b")
		w.once("a")
		l.is(hanging) // the monitor is killed, and the platform lists "a" as restarting
		o.expects("b")
		w.beating(time.Minute, "b")
		w.watchBy("second", w.Store, monitor.Config{Expected: o.list}, nil)
		w.beating(ttl+2*heartbeat, "b")
		require.Len(t, w.reports("a"), 2)
		assert.Equal(t, 2, w.reports("a")[1].Attempt)
	})
}

func TestReportsGoOnWhileTheOwnerCannotSayWhatToExpect(t *testing.T) {
	failures := map[string]func(context.Context) error{
		"an error":                  func(context.Context) error { return errors.New("the owner is away") },
		"a panic":                   func(context.Context) error { panic("the owner is away") },
		"slowness":                  func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
		"slowness, heeding nothing": func(context.Context) error { time.Sleep(16 * time.Minute); return nil },
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			inShards(t, 64, func(w *world, s *sharded) {
				var away atomic.Bool
				away.Store(true)
				o := owner{answer: func(ctx context.Context) error {
					if away.Load() {
						return failure(ctx)
					}
					return nil
				}}
				o.expects("lost", "alive")
				m := w.watchBy("", s, monitor.Config{Hold: unguarded.Hold, Expected: o.list}, nil)
				require.NoError(t, s.of("dead").Store.SetOnline(w.t.Context(), "dead"))
				s.beating(w, ttl+30*time.Second+2*interval, "alive")
				w.once("dead")
				s.beating(w, 10*time.Minute, "alive")
				assert.NotEmpty(t, m.Status().Owner)
				assert.LessOrEqual(t, o.asked.Load(), int64(25))
				lines := w.log.count("expected workspaces is not known")
				assert.Positive(t, lines)
				assert.LessOrEqual(t, lines, 15, "a line a minute")

				away.Store(false)
				s.beating(w, 3*time.Minute, "alive") // the call that hung returns
				s.beating(w, ttl+6*time.Minute, "alive")
				assert.NotEmpty(t, w.reports("lost"))
				assert.Empty(t, w.reports("alive"))
				assert.Empty(t, m.Status().Owner)
				assert.Equal(t, 1, w.log.count("is known again"))
			})
		})
	}
}

func TestAShardThatFailedWhileTheOwnerWasAskedIsReconciledSoon(t *testing.T) {
	for _, op := range []string{"Adopt", "Deaths"} {
		t.Run(op, func(t *testing.T) {
			inShards(t, 4, func(w *world, s *sharded) {
				var o owner
				o.expects("alive", "lost")
				for _, l := range s.shards {
					if l != s.of("alive") {
						l.is(only(broken, op))
					}
				}
				w.watchBy("", s, monitor.Config{Hold: unguarded.Hold, Expected: o.list}, nil)
				s.beating(w, ttl+time.Minute, "alive")
				for _, l := range s.shards {
					l.mend()
				}
				s.beating(w, ttl+90*time.Second, "alive")
				w.once("lost")
			})
		})
	}
}

func TestOneThatDiesWhileTheOwnerIsAskedIsReported(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		var o owner
		o.expects()
		o.answer = func(context.Context) error { time.Sleep(20 * time.Second); return nil }
		w.watch(monitor.Config{Hold: unguarded.Hold, Expected: o.list})
		w.online("old")
		w.pass(10 * time.Second)
		w.online("new") // dies while the second question is on its way
		w.pass(time.Hour)
		w.once("new")
	})
}

func TestAnOwnerThatIgnoresItsContextDoesNotHoldUpTheEnd(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		answer := make(chan struct{})
		o := owner{answer: func(context.Context) error { <-answer; return nil }}
		o.expects()
		m := w.watch(monitor.Config{Expected: o.list})
		w.pass(10 * time.Second)
		stopped := time.Now()
		assert.NoError(t, m.stop())
		assert.Zero(t, time.Since(stopped))
		close(answer)
	})
}

package monitor_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
)

func TestEveryStepOfADeathIsAnEvent(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		var mu sync.Mutex
		var kinds []monitor.EventKind
		c := unguarded
		c.Observe = func(e monitor.Event) {
			mu.Lock()
			defer mu.Unlock()
			kinds = append(kinds, e.Kind)
		}
		m := w.handle(c, func(_ context.Context, d monitor.Death) error {
			if d.Attempt == 1 {
				return errHandler
			}
			assert.NoError(t, w.SetOnline(w.t.Context(), d.ID))
			time.Sleep(lease)
			return nil
		})
		w.calm()
		w.online("a")
		w.pass(ttl + time.Minute)
		require.NoError(t, m.stop())
		assert.Equal(t, []monitor.EventKind{
			monitor.GraceBegan, monitor.GraceEnded, monitor.Detected, monitor.HandedOut, monitor.Failed,
			monitor.HandedOut, monitor.CameBack, monitor.Handled,
		}, kinds)
		assert.Equal(t, monitor.Totals{Detected: 1, HandedOut: 2, Failed: 1, Handled: 1, CameBack: 1, Graces: 1}, m.Status().Totals)
	})
}

func TestAnObserverThatHangsOrPanicsCostsOnlyItself(t *testing.T) {
	for name, observe := range map[string]func(monitor.Event){
		"hangs":  func(monitor.Event) { time.Sleep(time.Minute) },
		"panics": func(monitor.Event) { panic("observer") },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				c := unguarded
				c.Observe = observe
				m := w.watch(c)
				w.calm()
				ids := names("w", 2000)
				w.online(ids...)
				w.pass(ttl + time.Minute)
				w.once(ids...)
				if name == "hangs" {
					assert.Positive(t, m.Status().Totals.Unobserved)
				}
				assert.NoError(t, m.stop())
				w.pass(2000 * time.Minute)
			})
		})
	}
}

// stuck is a slog.Handler that hangs.
type stuck struct{ over chan struct{} }

func (stuck) Enabled(context.Context, slog.Level) bool    { return true }
func (s stuck) Handle(context.Context, slog.Record) error { <-s.over; return nil }
func (s stuck) WithAttrs([]slog.Attr) slog.Handler        { return s }
func (s stuck) WithGroup(string) slog.Handler             { return s }

func TestALoggerThatHangsOrPanicsCostsOnlyItself(t *testing.T) {
	for name, h := range map[string]slog.Handler{
		"hangs":  stuck{make(chan struct{})},
		"panics": slog.NewTextHandler(panicking{}, nil),
	} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				over := make(chan struct{})
				if _, is := h.(stuck); is {
					h = stuck{over}
				}
				c := unguarded
				c.Logger = slog.New(h)
				m := w.watch(c)
				w.calm()
				ids := names("w", 100)
				w.online(ids...)
				w.pass(ttl + interval)
				w.once(ids...)
				stopping := time.Now()
				assert.NoError(t, m.stop())
				assert.LessOrEqual(t, time.Since(stopping), 2*time.Second)
				close(over)
			})
		})
	}
}

// panicking is an io.Writer.
type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("disk full") }

func TestDeathsThatWereDroppedBeforeAreNotTold(t *testing.T) {
	story(t, memstore.Options{KeepDeaths: time.Hour}, func(w *world) {
		dry := monitor.Config{DryRun: true, Hold: unguarded.Hold}
		first := w.watchBy("first", w.far(), dry, nil)
		w.calm()
		w.online("a", "b")
		w.pass(ttl + 2*time.Hour)
		assert.EqualValues(t, 2, first.Status().Dropped)
		assert.Equal(t, 1, w.log.count("by=first", "were dropped", "count=2"))
		w.watchBy("second", w.far(), dry, nil)
		w.pass(time.Minute)
		require.NoError(t, first.stop())
		w.pass(ttl)
		assert.Zero(t, w.log.count("by=second", "were dropped"))
	})
}

func TestAMonitorThatFollowsTellsOfTheEndOfAnOutage(t *testing.T) {
	for name, ops := range map[string][]string{"all calls": nil, "only sweeps": {"Sweep"}, "only notes": {"Note"}} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				lines := []*line{w.far(), w.far()}
				var monitors []*watcher
				for i, l := range lines {
					monitors = append(monitors, w.watchBy(fmt.Sprint(i), l, monitor.Config{}, nil))
				}
				w.calm()
				f := fault(broken)
				if ops != nil {
					f = only(broken, ops...)
				}
				for range 3 {
					for _, l := range lines {
						l.is(f)
					}
					w.pass(30 * time.Second)
					for _, l := range lines {
						l.mend()
					}
					w.pass(2 * ttl)
					for i, m := range monitors {
						assert.Equal(t, monitor.StateNormal, m.Status().State, "of monitor %d", i)
						by := fmt.Sprintf("by=%d", i)
						assert.Equal(t, w.log.count(by, "does not answer"), w.log.count(by, "answers again"), w.log.text.String())
					}
				}
			})
		})
	}
}

func TestAnOutageIsAFewLines(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		l := w.line()
		w.watchBy("", l, unguarded, func(ctx context.Context, _ monitor.Death) error {
			<-ctx.Done()
			return ctx.Err()
		})
		w.calm()
		w.online("held")
		w.pass(ttl + time.Minute)
		w.once("held")
		before := w.log.count()
		l.is(broken)
		w.pass(time.Hour)
		l.mend()
		w.pass(30 * time.Second)
		assert.Equal(t, 1, w.log.count("does not answer"))
		assert.Equal(t, 1, w.log.count("answers again"))
		assert.LessOrEqual(t, w.log.count()-before, 3, "and the grace after it")
	})
	inShards(t, 64, func(w *world, s *sharded) {
		w.watchBy("", s, monitor.Config{}, nil)
		w.calm()
		before := w.log.count()
		for _, l := range s.shards {
			l.is(broken)
		}
		w.pass(time.Minute)
		for _, l := range s.shards {
			l.mend()
		}
		w.pass(2 * ttl)
		assert.Equal(t, 3, w.log.count()-before, "the outage, its end, and the grace after it: "+w.log.text.String())
	})
}

func TestAFirstStartIsNoWarning(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		w.watch(monitor.Config{})
		w.calm()
		assert.Zero(t, w.log.count("level=WARN")+w.log.count("level=ERROR"))
		assert.Equal(t, 1, w.log.count(), "a grace begins")
	})
}

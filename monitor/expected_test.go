package monitor_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

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

package monitor_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

var errHandler = errors.New("the restart failed")

func TestAFailedHandlerIsCalledAgain(t *testing.T) {
	fail := map[string]monitor.Handler{
		"an error":                 func(context.Context, monitor.Death) error { return errHandler },
		"a panic":                  func(context.Context, monitor.Death) error { panic(errHandler) },
		"the end of its goroutine": func(context.Context, monitor.Death) error { runtime.Goexit(); return nil },
	}
	for name, failure := range fail {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				w.handle(unguarded, func(ctx context.Context, d monitor.Death) error {
					if d.Attempt < 3 {
						return failure(ctx, d)
					}
					return nil
				})
				w.calm()
				w.online("a")
				w.pass(time.Hour)

				require.Len(t, w.reported(), 3)
				first := w.reported()[0]
				for i, r := range w.reported() {
					assert.Equal(t, i+1, r.Attempt)
					assert.Equal(t, first.Deadline, r.Deadline, "one death")
				}
				assert.Equal(t, 2, w.log.count("a handler failed", "attempt"), "each failure is logged")
			})
		})
	}
}

func TestTheWaitAfterAFailureDoublesUpToAMinute(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		w.handle(unguarded, func(context.Context, monitor.Death) error { return errHandler })
		w.calm()
		w.online("a")
		w.pass(30 * time.Minute)

		runs, want := w.reported(), time.Second
		require.Greater(t, len(runs), 15, "for ever")
		jittered := false
		for i := range runs[1:] {
			waited := runs[i+1].at.Sub(runs[i].at)
			assert.GreaterOrEqual(t, waited, want)
			assert.LessOrEqual(t, waited, want+want/4+soon)
			jittered = jittered || waited > want+soon
			want = min(2*want, time.Minute)
		}
		assert.True(t, jittered)
	})
}

func TestTheDeathsOfAKilledMonitorAreHandledByASurvivor(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		const deaths = 1000
		c := unguarded
		c.Concurrency = deaths
		ids := names("w", deaths)
		l, over := w.line(), make(chan struct{})
		var told sync.Map // when the victim's handlers were told to stop, by id
		victim := w.watchBy("victim", l, c, func(ctx context.Context, d monitor.Death) error {
			<-ctx.Done()
			told.Store(d.ID, time.Now())
			<-over
			return nil
		})
		w.calm()
		w.online(ids...)
		w.pass(ttl + 10*time.Second)
		require.Len(t, w.reported(), deaths, "claims of the victim")

		l.is(hanging)
		killed := time.Now()
		w.watchBy("survivor", w.Store, c, nil)
		w.pass(lease + time.Second)
		runs := w.reported()[deaths:]
		require.Len(t, runs, deaths)
		seen := make(map[string]bool)
		for _, r := range runs {
			assert.Equal(t, "survivor", r.by)
			assert.Equal(t, 2, r.Attempt)
			assert.LessOrEqual(t, r.at.Sub(killed), lease+time.Second)
			assert.False(t, seen[r.ID], "twice by the survivor")
			seen[r.ID] = true
			stopped, ok := told.Load(r.ID)
			assert.True(t, ok && stopped.(time.Time).Before(r.at), "the former holder was told to stop before")
		}
		close(over)
		assert.NoError(t, victim.stop())
		w.pass(10 * time.Minute)
		assert.Len(t, w.reported(), 2*deaths)
	})
}

func TestAHandlerThatReturnedDuringAnOutageIsNotCalledAgain(t *testing.T) {
	for name, outage := range map[string]fault{"refused": broken, "hanging": hanging} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				l := w.line()
				w.watchBy("", l, unguarded, func(context.Context, monitor.Death) error {
					time.Sleep(10 * time.Second)
					return nil
				})
				w.calm()
				w.online("a")
				w.pass(ttl + time.Second)
				w.once("a")
				l.is(outage)
				w.pass(10 * lease)
				l.mend()
				w.pass(time.Hour)
				w.once("a")
			})
		})
	}
}

// lossy does what it is told to acknowledge, but its replies are lost for a while.
type lossy struct {
	*memstore.Store
	until time.Time
}

func (s lossy) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	held, err := s.Store.Acknowledge(ctx, d)
	if time.Now().Before(s.until) {
		return false, &store.Error{Op: "Acknowledge", ID: d.ID, Err: store.ErrUnavailable}
	}
	return held, err
}

func TestAHandlerThatHasReturnedHasNoLeaseToLose(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		w.watchBy("", lossy{w.Store, time.Now().Add(4*ttl + 2*lease)}, unguarded, nil)
		w.calm()
		w.online("a")
		w.pass(4*ttl + 4*lease)
		w.once("a")
		assert.Zero(t, w.log.count("lost"))
	})
}

package monitor_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

func TestTheStatusTellsWhatTheMonitorIsDoing(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		l, ids := w.line(), names("w", 10)
		m, err := monitor.New(l, monitor.Config{})
		require.NoError(t, err)
		assert.Equal(t, monitor.Status{State: monitor.StateStarting}, m.Status())

		x := w.run("", m, nil)
		w.beating(time.Minute, ids...)
		s := m.Status()
		assert.Equal(t, monitor.StateGrace, s.State)
		assert.True(t, s.Since.Equal(w.start))
		assert.True(t, s.Until.Equal(w.start.Add(ttl)))
		assert.Equal(t, 10, s.Tracked)

		w.beating(ttl, ids...)
		s = m.Status()
		assert.Equal(t, monitor.StateNormal, s.State)
		assert.Zero(t, s.Since)
		assert.Less(t, s.Lag, 2*interval)

		w.beating(ttl, ids[5:]...)
		s = m.Status()
		assert.Equal(t, monitor.StateStorm, s.State)
		assert.Equal(t, ttl, s.Until.Sub(s.Since))
		assert.Equal(t, 5, s.Due)
		assert.Equal(t, 5, s.Tracked)

		l.is(broken)
		w.pass(5 * time.Second)
		s = m.Status()
		assert.Equal(t, monitor.StateBlind, s.State)
		assert.ErrorIs(t, s.Err, store.ErrUnavailable)
		assert.InDelta(t, 5*time.Second, time.Since(s.Since), float64(interval))
		assert.InDelta(t, 5*time.Second, s.Lag, float64(interval))
		l.mend()
		w.pass(2 * interval)
		assert.NoError(t, m.Status().Err)

		require.NoError(t, x.stop())
		w.pass(time.Minute)
		assert.Equal(t, monitor.StateBlind, m.Status().State, "nobody sweeps")
	})
}

func TestTheStatusCountsWhatIsHeld(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		c := unguarded
		c.Concurrency = 3
		m := w.handle(c, func(ctx context.Context, _ monitor.Death) error {
			<-ctx.Done()
			return ctx.Err()
		})
		w.calm()
		w.online(names("w", 10)...)
		w.pass(ttl + interval)
		s := m.Status()
		assert.Equal(t, 3, s.Held)
		assert.Equal(t, 7, s.Due)
		assert.Zero(t, s.Tracked)
	})
}

func TestAStoreThatHangsIsSeen(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		l := w.line()
		m := w.watchBy("", l, monitor.Config{}, nil)
		w.calm()
		l.is(hanging)
		w.pass(5 * time.Second)
		assert.Equal(t, monitor.StateBlind, m.Status().State)
		assert.NoError(t, m.Status().Err, "the call has not failed yet")
		w.pass(time.Minute)
		assert.ErrorIs(t, m.Status().Err, context.DeadlineExceeded)
		assert.Equal(t, 1, w.log.count("does not answer"), "an outage is logged once")
		l.mend()
		w.pass(time.Minute)
		assert.Equal(t, 1, w.log.count("answers again"))
		assert.Equal(t, monitor.StateGrace, m.Status().State)
	})
}

// searching is a store that searches for what others registered.
type searching struct {
	*memstore.Store
	pass   time.Duration // how long a full pass takes
	fails  bool
	within time.Duration
	passed time.Time
	began  time.Time
}

func (s *searching) Discover(_ context.Context, within time.Duration) (store.Discovery, error) {
	s.within = within
	if s.fails {
		return store.Discovery{}, &store.Error{Op: "Discover", Err: store.ErrUnavailable}
	}
	if time.Since(s.began) >= s.pass {
		s.passed, s.began = time.Now(), time.Now()
	}
	return store.Discovery{Wait: time.Second, Passed: s.passed}, nil
}

func TestAStoreThatSearchesIsDrivenAndItsProgressSeen(t *testing.T) {
	for name, c := range map[string]struct {
		pass   time.Duration
		fails  bool
		behind bool
	}{
		"in time": {pass: ttl / 3},
		"slow":    {pass: ttl, behind: true},
		"failing": {fails: true, behind: true},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				s := &searching{Store: w.Store, pass: c.pass, fails: c.fails, began: time.Now()}
				m := w.watchBy("", s, monitor.Config{}, nil)
				w.pass(3*ttl - 5*time.Second)
				assert.Equal(t, ttl/2, s.within)
				assert.Equal(t, c.behind, m.Status().Behind)
				assert.True(t, s.passed.Equal(m.Status().LastPass))
				assert.Equal(t, c.fails, w.log.count("search", "failed") == 1)
			})
		})
	}
	story(t, memstore.Options{}, func(w *world) {
		m := w.watch(monitor.Config{})
		w.pass(3 * ttl)
		assert.False(t, m.Status().Behind, "a store that need not search")
	})
}

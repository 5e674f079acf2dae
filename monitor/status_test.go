package monitor_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestTheStatusTellsWhatTheMonitorIsDoing(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		l, ids := w.line(), names("w", 10)
		m, err := monitor.New(l, monitor.Config{})
		require.NoError(t, err)
		first := m.Status()
		assert.Empty(t, first.Silences.Days)
		first.Silences, first.Used = monitor.Silences{}, nil
		assert.Equal(t, monitor.Status{State: monitor.StateStarting}, first)

		x := w.run("", m, nil)
		w.beating(time.Minute, ids...)
		s := m.Status()
		assert.Equal(t, monitor.StateGrace, s.State)
		assert.True(t, s.Since.Equal(w.start))
		assert.True(t, s.Until.Equal(w.start.Add(ttl)))
		assert.Equal(t, 10, s.Online)

		w.beating(ttl, ids...)
		s = m.Status()
		assert.Equal(t, monitor.StateNormal, s.State)
		assert.Zero(t, s.Since)
		assert.Less(t, s.Lag, 2*interval)

		w.beating(ttl, ids[5:]...)
		s = m.Status()
		assert.Equal(t, monitor.StateHold, s.State)
		assert.Equal(t, 5*ttl, s.Until.Sub(s.Since), "half of the fleet")
		assert.Equal(t, 5, s.Ready)
		assert.Equal(t, 5, s.Online)

		l.is(broken)
		w.pass(5 * time.Second)
		s = m.Status()
		assert.Equal(t, monitor.StateBlind, s.State)
		assert.Contains(t, s.Err, "unavailable")
		assert.InDelta(t, 5*time.Second, time.Since(s.Since), float64(interval))
		assert.InDelta(t, 5*time.Second, s.Lag, float64(interval))
		l.mend()
		w.pass(2 * interval)
		assert.Empty(t, m.Status().Err)

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
		assert.Equal(t, 3, s.Leased)
		assert.Equal(t, 7, s.Ready)
		assert.Zero(t, s.Online)
	})
}

func TestAStoreThatHangsIsSeen(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		l := w.line()
		m := w.watchBy("", l, monitor.Config{}, nil)
		w.calm()
		l.is(hanging)
		w.pass(9*time.Second + 500*time.Millisecond)
		assert.Equal(t, monitor.StateBlind, m.Status().State)
		assert.Empty(t, m.Status().Err, "the call has not failed yet")
		w.pass(time.Minute)
		assert.Contains(t, m.Status().Err, "deadline exceeded")
		assert.Equal(t, 1, w.log.count("does not answer"), "an outage is logged once")
		l.mend()
		w.pass(time.Minute)
		assert.Equal(t, 1, w.log.count("answers again"))
		assert.Equal(t, monitor.StateGrace, m.Status().State)
	})
}

// The last sweep of its own may be long ago, and the store was swept all the time.
func TestAMonitorThatTakesOverIsNotBlindUntilItsFirstSweep(t *testing.T) {
	const slow = 200 * time.Millisecond
	story(t, memstore.Options{}, func(w *world) {
		second := w.far()
		second.is(only(func(context.Context, string) error { time.Sleep(slow); return nil }, "Sweep"))
		m := w.watchBy("second", second, monitor.Config{}, nil)
		w.pass(time.Second) // it leads, and sweeps once at least
		second.is(broken)
		first := w.watchBy("first", w.far(), monitor.Config{}, nil)
		w.pass(time.Minute)
		second.is(only(func(context.Context, string) error { time.Sleep(slow); return nil }, "Sweep"))
		w.pass(ttl)
		require.Equal(t, monitor.StateNormal, m.Status().State, "it follows the first")
		require.NoError(t, first.stop())
		for range 1000 {
			w.pass(10 * time.Millisecond)
			status := m.Status()
			require.Equal(t, monitor.StateNormal, status.State)
			require.Less(t, status.Lag, 9*time.Second)
		}
		require.True(t, m.Status().LastSweep.After(time.Now().Add(-3*time.Second)), "it leads, and sweeps")
	})
}

// A monitor that does not lead any more leaves the search to the leader.
func TestAMonitorThatFollowsIsNotBehindWithASearch(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		lines := []*line{w.far(), w.far()}
		var monitors []*watcher
		for i, l := range lines {
			monitors = append(monitors, w.watchBy(fmt.Sprint(i), &searching{line: l, pass: ttl / 3, began: time.Now()}, monitor.Config{}, nil))
			w.pass(ttl) // the first leads
		}
		lines[0].is(broken)
		w.pass(30 * time.Second)
		lines[0].mend()
		w.pass(3 * ttl)
		for i, m := range monitors {
			assert.False(t, m.Status().SearchBehind, "of monitor %d", i)
		}
		assert.True(t, monitors[1].Status().LastPass.After(monitors[0].Status().LastPass), "the first leads again")
	})
}

// searching is a store that searches for what others registered.
type searching struct {
	*line
	pass  time.Duration // how long a full pass takes
	fails atomic.Bool

	mu     sync.Mutex
	within time.Duration
	passed time.Time
	began  time.Time
}

func (s *searching) Discover(_ context.Context, within time.Duration) (driver.Discovery, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.within = within
	if s.fails.Load() {
		return driver.Discovery{}, &store.Error{Op: "Discover", Err: store.ErrUnavailable}
	}
	if time.Since(s.began) >= s.pass {
		s.passed, s.began = time.Now(), time.Now()
	}
	return driver.Discovery{Wait: time.Second, LastPass: s.passed}, nil
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
				s := &searching{line: w.line(), pass: c.pass, began: time.Now()}
				s.fails.Store(c.fails)
				m := w.watchBy("", s, monitor.Config{}, nil)
				w.pass(3*ttl - 5*time.Second)
				s.mu.Lock()
				assert.Equal(t, ttl/2, s.within)
				assert.True(t, s.passed.Equal(m.Status().LastPass))
				s.mu.Unlock()
				assert.Equal(t, c.behind, m.Status().SearchBehind)
				assert.Equal(t, c.fails, w.log.count("search", "failed") == 1)
				s.fails.Store(false)
				w.pass(2 * interval)
				assert.Equal(t, c.fails, w.log.count("search", "goes on") == 1)
			})
		})
	}
	story(t, memstore.Options{}, func(w *world) {
		m := w.watch(monitor.Config{})
		w.pass(3 * ttl)
		assert.False(t, m.Status().SearchBehind, "a store that need not search")
	})
}

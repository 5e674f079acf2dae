package monitor_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// beats lets a workspace be heard from until the story ends, with these pauses in
// turns.
func (w *world) beats(id string, pauses ...time.Duration) {
	ctx := w.t.Context()
	go func() {
		for n := 0; ctx.Err() == nil; n++ {
			_, err := store.Heartbeat(ctx, w, id)
			assert.NoError(w.t, err)
			select {
			case <-ctx.Done():
			case <-time.After(pauses[n%len(pauses)]):
			}
		}
	}()
}

// calmFleet is n workspaces that are heard from every 30 s.
func (w *world) calmFleet(n int) {
	for _, id := range names("calm", n) {
		w.beats(id, heartbeat)
	}
}

// stalls lets a workspace be heard from, fall silent for so long, and be heard from
// again.
func (w *world) stalls(id string, silence time.Duration) {
	w.beating(3*heartbeat, id)
	w.pass(silence - heartbeat)
	w.beating(2*heartbeat, id)
}

// seen is what a monitor has seen of the silences of all days.
type seen struct {
	monitor.Silences
	day monitor.Day // of this day
}

func (x *watcher) seen() seen {
	s := seen{Silences: x.Status().Silences}
	if len(s.Days) > 0 {
		s.day = s.Days[len(s.Days)-1]
	}
	return s
}

func (s seen) atLeast(d time.Duration) int64 { return s.AtLeast(s.day, d) }

func TestSilences(t *testing.T) {
	watched := func(tell func(w *world, x *watcher)) func(t *testing.T) {
		return func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				w.calmFleet(20)
				x := w.watch(monitor.Config{})
				w.calm()
				tell(w, x)
			})
		}
	}

	t.Run("a silence is observed as long as it was", watched(func(w *world, x *watcher) {
		w.stalls("busy", 58*time.Second)
		s := x.seen()
		assert.EqualValues(t, 1, s.atLeast(50*time.Second))
		assert.Zero(t, s.atLeast(time.Minute))
		assert.Equal(t, 58*time.Second, s.day.Longest)
		require.NotEmpty(t, s.Closest)
		assert.Equal(t, "busy", s.Closest[0].ID)
		assert.InDelta(t, 58.0/180, s.Closest[0].Used(), 1e-9)
	}))

	t.Run("all of them are counted", watched(func(w *world, x *watcher) {
		before := x.seen().atLeast(0)
		w.pass(time.Hour)
		s := x.seen()
		assert.InDelta(t, 20*120, s.atLeast(0)-before, 20)
		assert.InDelta(t, 20, s.day.Online, 0.1)
		assert.InDelta(t, 20*s.day.Watched.Hours(), s.day.Observed, 1)
		assert.Equal(t, heartbeat, s.day.Longest)
	}))

	t.Run("one that was announced is a share of what was announced", watched(func(w *world, x *watcher) {
		w.beating(3*heartbeat, "busy")
		_, err := store.HeartbeatFor(w.t.Context(), w, "busy", 20*time.Minute)
		require.NoError(t, err)
		w.pass(10 * time.Minute)
		w.beating(3*heartbeat, "busy")
		s := x.seen()
		assert.Equal(t, heartbeat, s.day.Longest)
		assert.Equal(t, "busy", s.Closest[0].ID)
		assert.InDelta(t, 0.5, s.Closest[0].Used(), 0.01)
	}))

	t.Run("a workspace that came back before its death was handed out is past 100 %", watched(func(w *world, x *watcher) {
		require.NoError(t, x.Pause(w.t.Context(), "", time.Now().Add(time.Hour)))
		w.stalls("busy", ttl+20*time.Second)
		s := x.seen()
		assert.Equal(t, ttl+20*time.Second, s.day.Longest)
		assert.Greater(t, s.Closest[0].Used(), 1.0)
		used := x.Status().Used
		assert.Equal(t, monitor.Used{Share: 1, Silences: 1}, used[len(used)-1])
		assert.Zero(t, s.day.Died)
	}))

	t.Run("a death that was handed out is no silence that ended by itself", watched(func(w *world, x *watcher) {
		w.beating(3*heartbeat, "dead")
		w.pass(2 * ttl)
		w.once("dead")
		s := x.seen()
		assert.Equal(t, heartbeat, s.day.Longest)
		assert.EqualValues(t, 1, s.day.Died)
	}))

	t.Run("nor is one by order, or a workspace that was cleared", watched(func(w *world, x *watcher) {
		w.beating(3*heartbeat, "dead", "gone")
		require.NoError(t, store.Expire(w.t.Context(), w, "dead"))
		require.NoError(t, w.Clear(w.t.Context(), "gone"))
		w.pass(ttl)
		w.once("dead")
		assert.Zero(t, x.seen().day.Died)
	}))

	t.Run("an outage of the gateway says nothing about the TTL", watched(func(w *world, x *watcher) {
		ids := names("cut", 20)
		w.beating(3*heartbeat, ids...)
		w.pass(4 * time.Minute)
		w.beating(3*heartbeat, ids...)
		w.nobody()
		s := x.seen()
		assert.GreaterOrEqual(t, s.day.Held, int64(20))
		assert.Equal(t, heartbeat, s.day.Longest)
	}))

	t.Run("a silence in which the store could not be watched is not counted", func(t *testing.T) {
		story(t, memstore.Options{}, func(w *world) {
			l := w.line()
			x := w.watchBy("", l, monitor.Config{}, nil)
			w.beating(ttl, "a", "b")
			l.is(broken)
			w.beating(20*time.Second, "a", "b")
			w.pass(20 * time.Second)
			l.mend()
			w.beating(ttl, "a", "b")
			assert.Equal(t, heartbeat, x.seen().day.Longest)
		})
	})
}

func TestASilenceThatAProbeExcusesGoesOn(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		w.calmFleet(20)
		x := w.watch(monitor.Config{Probe: func(context.Context, string) (bool, error) { return true, nil }})
		w.calm().stalls("busy", 2*ttl+20*time.Second)
		w.nobody()
		s := x.seen()
		assert.Equal(t, 2*ttl+20*time.Second, s.day.Longest)
		assert.EqualValues(t, 1, s.atLeast(time.Minute))
	})
}

func TestSilencesAreKept(t *testing.T) {
	for name, far := range map[string]bool{"in this process": false, "on a server": true} {
		t.Run("once, however many monitors watch, "+name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				w.calmFleet(20)
				at := func() store.LivenessStore {
					if far {
						return w.far()
					}
					return w.line()
				}
				var all []*watcher
				for range 3 {
					all = append(all, w.watchBy("", at(), monitor.Config{}, nil))
				}
				w.pass(2 * time.Hour)
				for _, x := range all { // one after another is stopped
					x.stop()
					w.pass(2 * time.Hour)
				}
				m, err := monitor.New(w.Store, monitor.Config{})
				require.NoError(t, err)
				s, err := m.Silences(w.t.Context())
				require.NoError(t, err)
				n := s.AtLeast(s.Days[0], 0)
				const due = 6 * 120 * 20 // until the last is stopped
				assert.LessOrEqual(t, n, int64(due))
				assert.GreaterOrEqual(t, n, int64(due-4*20*20-200), "each that takes over may lose 20 heartbeats, and as many again")
				assert.InDelta(t, 20, s.Days[0].Online, 0.1)
			})
		})
	}

	t.Run("for seven days", func(t *testing.T) {
		story(t, memstore.Options{TTLs: store.TTLs{Liveness: time.Hour}}, func(w *world) {
			w.online("w")
			x := w.watch(monitor.Config{Interval: 2 * time.Minute})
			w.pass(time.Hour / 2)
			for range 9 {
				for range 24 * 6 {
					_, err := store.Heartbeat(w.t.Context(), w, "w")
					require.NoError(t, err)
					w.pass(10 * time.Minute)
				}
			}
			x.stop()
			m, err := monitor.New(w.Store, monitor.Config{})
			require.NoError(t, err)
			s, err := m.Silences(w.t.Context())
			require.NoError(t, err)
			assert.Len(t, s.Days, 7)
			assert.Equal(t, 24*time.Hour, s.Days[2].Watched)
			assert.EqualValues(t, 144, s.AtLeast(s.Days[2], 0))
		})
	})
}

func TestOnAServerASampleIsObserved(t *testing.T) {
	const fleet, leaders, hours = 200, 40, 11 // of one day
	story(t, memstore.Options{}, func(w *world) {
		l, samples := w.far(), atomic.Int64{}
		l.is(func(_ context.Context, op string) error {
			if op == "Sample" {
				samples.Add(1)
			}
			return nil
		})
		w.calmFleet(fleet - leaders)
		for n, id := range names("leader", leaders) { // each stalls once an hour
			hour := slices.Repeat([]time.Duration{heartbeat}, 116)
			w.beats(id, slices.Insert(hour, n*len(hour)/leaders, 2*time.Minute)...)
		}
		x := w.watchBy("", l, monitor.Config{}, nil)
		w.pass(hours * time.Hour)
		s := x.seen()
		part := s.day.Observed / (s.day.Online * s.day.Watched.Hours())
		assert.InDelta(t, 64.0/fleet, part, 0.03, "which part of the fleet is observed")
		estimate := float64(s.atLeast(2*time.Minute)) / part
		t.Logf("%d stalls of %.0f estimated; from %.3f of the fleet; %d samples drawn", leaders*hours, estimate, part, samples.Load())
		assert.InEpsilon(t, leaders*hours, estimate, 0.4)
		assert.Greater(t, samples.Load(), int64(hours*12), "each workspace has its turn")
		heartbeats := fleet * hours * 120
		assert.Less(t, float64(samples.Load()), 0.001*float64(heartbeats), "draws of a sample, per heartbeat")
	})
}

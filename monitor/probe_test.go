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

// probing is a Config with a second witness.
func probing(says func(ctx context.Context, id string) (bool, error)) monitor.Config {
	return monitor.Config{Probe: says}
}

func TestAProbeThatSaysAliveWithdrawsTheDeath(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		m := w.watch(probing(func(context.Context, string) (bool, error) { return true, nil }))
		w.calm()
		w.online("a")
		require.NoError(t, w.CacheURL(w.t.Context(), "a", "http://a.example"))
		w.pass(ttl + time.Second)
		st, err := w.Lookup(w.t.Context(), "a")
		require.NoError(t, err)
		assert.Greater(t, st.Remaining, ttl-2*time.Second)
		assert.Equal(t, "http://a.example", st.URL, "its URLs stay")
		assert.EqualValues(t, 1, m.Status().Totals.Withdrawn)
		w.nobody()
	})
}

func TestAProbeKeepsAWorkspaceNoLongerThanProbeMost(t *testing.T) {
	for name, c := range map[string]struct {
		most, want time.Duration
	}{
		"by default five times its TTL": {0, 5 * ttl},
		"as configured":                 {20 * time.Minute, 20 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				config := probing(func(context.Context, string) (bool, error) { return true, nil })
				config.ProbeMost = c.most
				stop := w.watch(config).stop
				w.calm()
				w.online("a")
				heard := time.Now()
				for range 30 { // however often monitors are replaced
					w.pass(time.Minute)
					require.NoError(t, stop())
					stop = w.watch(config).stop
				}
				w.once("a")
				assert.WithinRange(t, w.reported()[0].at, heard.Add(c.want), heard.Add(c.want+ttl+time.Minute))
			})
		})
	}
	story(t, memstore.Options{}, func(w *world) {
		w.watch(probing(func(context.Context, string) (bool, error) { return true, nil }))
		w.calm()
		w.online("a")
		for range 20 {
			w.pass(ttl + time.Minute)
			require.NoError(t, w.RefreshTTL(w.t.Context(), "a"), "one heartbeat makes it well again")
		}
		w.nobody()
	})
}

func TestAProbeThatSaysDeadHandsOutDuringAHold(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		ids := names("w", 100)
		w.watch(probing(func(_ context.Context, id string) (bool, error) { return id >= "w5", nil }))
		w.beating(2*ttl, ids...)
		w.pass(ttl) // the gateway is down, and some really died
		var dead []string
		for _, id := range ids {
			if id < "w5" {
				dead = append(dead, id)
			}
		}
		w.once(dead...)
		for _, r := range w.reported() {
			assert.LessOrEqual(t, r.at.Sub(r.Deadline), 5*time.Second)
		}
	})
}

func TestAProbeThatFailsChangesNothing(t *testing.T) {
	for name, fail := range map[string]func(context.Context) (bool, error){
		"an error":                 func(context.Context) (bool, error) { return true, errors.New("no route") },
		"a panic":                  func(context.Context) (bool, error) { panic("no route") },
		"hanging":                  func(ctx context.Context) (bool, error) { <-ctx.Done(); return true, nil },
		"hanging, heeding nothing": func(ctx context.Context) (bool, error) { time.Sleep(6 * time.Second); return true, nil },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, memstore.Options{}, func(w *world) {
				var calls atomic.Int64
				ids := names("w", 20)
				w.watch(probing(func(ctx context.Context, _ string) (bool, error) { calls.Add(1); return fail(ctx) }))
				w.beating(2*ttl, ids...)
				w.beating(ttl, ids[1:]...)
				w.once(ids[0])
				assert.LessOrEqual(t, w.reported()[0].at.Sub(w.reported()[0].Deadline), 6*time.Second, "as without a Probe")
				assert.EqualValues(t, 1, calls.Load(), "the Probe is asked")

				w.pass(ttl + 4*time.Minute) // the gateway is down
				w.once(ids[0])
				w.beating(ttl, ids[1:]...)
				w.once(ids[0])
				assert.Greater(t, calls.Load(), int64(1))
				lines := w.log.count("the probe failed")
				assert.Positive(t, lines)
				assert.LessOrEqual(t, lines, 10)
				w.pass(10 * time.Second)
			})
		})
	}
}

func TestAProbeThatNeverReturnsIsToldOf(t *testing.T) {
	story(t, memstore.Options{}, func(w *world) {
		over := make(chan struct{})
		defer close(over)
		const deaths, places = 5, 2
		var failed atomic.Int64
		m := w.watch(monitor.Config{
			Hold: unguarded.Hold, Concurrency: places,
			Probe: func(context.Context, string) (bool, error) { <-over; return true, nil },
			Observe: func(e monitor.Event) {
				if e.Kind == monitor.ProbeFailed {
					failed.Add(1)
				}
			},
		})
		w.calm()
		w.online(names("w", deaths)...)
		w.pass(ttl + time.Minute)
		w.once(names("w", deaths)...)
		assert.EqualValues(t, deaths, failed.Load())
		assert.NoError(t, m.stop())
	})
}

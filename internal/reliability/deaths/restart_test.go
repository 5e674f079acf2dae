package deaths

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// restarter is a platform whose handler is that of the README, ten times as
// fast.
type restarter struct {
	s     store.LivenessStore
	alive *kit.Pulse
	kit.Errors

	running sync.Map     // ids whose handler runs
	second  atomic.Int64 // handlers that began while another of the workspace ran
	ended   atomic.Int64 // handlers whose context had ended before the row was written
	rows    atomic.Int64
}

// restart stops the workspace and starts its replacement, which registers and
// is healthy some time later; then it writes a row.
func (r *restarter) restart(ctx context.Context, d monitor.Death) error {
	const (
		stops     = 500 * time.Millisecond
		registers = 300 * time.Millisecond
		healthy   = 1000 * time.Millisecond
	)
	if _, runs := r.running.LoadOrStore(d.ID, true); runs {
		r.second.Add(1)
	}
	defer r.running.Delete(d.ID)
	time.Sleep(stops)
	time.AfterFunc(registers, func() {
		r.Add(store.Register(context.Background(), r.s, d.ID, "http://"+d.ID, ""))
		r.alive.Start(d.ID)
	})
	time.Sleep(healthy)
	if ctx.Err() != nil {
		r.ended.Add(1)
		return ctx.Err()
	}
	r.rows.Add(1)
	return nil
}

// Twenty workspaces die and are restarted, by two replicas: each once, and each
// handler finishes though its workspace comes back meanwhile.
//
// It fails if a monitor ends the context of a handler whose workspace came back.
func TestRestartsFinish(t *testing.T) {
	t.Parallel()
	kit.OnAll(t, func(t testing.TB, b kit.Backend) {
		const (
			deaths   = 20
			lease    = 3 * time.Second
			patience = 30 * time.Second
		)
		ttls := store.TTLs{Liveness: 4 * time.Second, Heartbeat: 600 * time.Millisecond}
		s := b.Open(t, ttls)
		ids := kit.Named("workspace", deaths)
		alive := kit.StartPulse(t, s, ttls, ids...)
		handled, r := kit.NewBook(), &restarter{s: s, alive: alive}
		for n := range 2 {
			enter := handled.Handler(n)
			m, _ := kit.RunMonitor(t, b.Replica(t, s, ttls), monitor.Config{Interval: kit.SharedInterval(ttls), Hold: kit.Unguarded, Lease: lease, Concurrency: deaths},
				func(ctx context.Context, d monitor.Death) error {
					_ = enter(ctx, d)
					return r.restart(ctx, d)
				})
			kit.AwaitNormal(t, m)
		}
		require.Empty(t, handled.All(), "handled though alive")
		alive.Stop(ids...)
		assert.Eventually(t, func() bool { return r.rows.Load() >= deaths }, patience, 10*time.Millisecond)
		alive.Forget()
		time.Sleep(ttls.Liveness + time.Second)

		t.Logf("%d deaths: %d restarts, %d rows, %d contexts ended, %d second handlers",
			deaths, len(handled.All()), r.rows.Load(), r.ended.Load(), r.second.Load())
		require.NoError(t, r.Joined())
		assert.EqualValues(t, deaths, r.rows.Load(), "rows")
		assert.Zero(t, r.ended.Load(), "contexts that ended")
		assert.Zero(t, r.second.Load(), "second handlers")
		if gap := alive.LongestGap(); gap < ttls.Liveness {
			assert.Len(t, handled.All(), deaths, "restarts")
		} else {
			t.Logf("the machine did not keep up: %v without a heartbeat", gap)
		}
		url, err := s.GetCachedURL(t.Context(), ids[0])
		assert.NoError(t, err, "the URL that the replacement cached")
		assert.Equal(t, "http://"+ids[0], url)
	})
}

// A workspace comes back and dies again while its first handler still runs. The
// second death is detected, and handed out only when the handler has returned
// or the lease of its killed monitor has ended.
//
// It fails if a claim leases a death of a workspace whose lease has not ended.
func TestOneHandlerThoughItsWorkspaceDiesAgain(t *testing.T) {
	t.Parallel()
	for _, killed := range []bool{false, true} {
		name := "the first handler returns"
		if killed {
			name = "the monitor of the first handler is killed"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kit.OnAll(t, func(t testing.TB, b kit.Backend) { diesAgain(t, b, killed) })
		})
	}
}

func diesAgain(t testing.TB, b kit.Backend, killed bool) {
	const (
		id       = "workspace"
		lease    = 2 * time.Second
		patience = 20 * time.Second
	)
	ttls := store.TTLs{Liveness: 1500 * time.Millisecond, Heartbeat: 250 * time.Millisecond}
	config := monitor.Config{Interval: kit.SharedInterval(ttls), Hold: kit.Unguarded, Lease: lease}
	s := b.Open(t, ttls)
	var begun, running, beside atomic.Int64
	var returned, killedAt time.Time
	over, later := make(chan struct{}), kit.NewBook()
	first := newLine(b.Replica(t, s, ttls))
	handle := func(by int) monitor.Handler {
		enter := later.Handler(by)
		return func(ctx context.Context, d monitor.Death) error {
			if running.Add(1) > 1 {
				beside.Add(1)
			}
			defer running.Add(-1)
			if begun.Add(1) > 1 {
				return enter(ctx, d)
			}
			select {
			case <-over:
			case <-ctx.Done():
			}
			returned = time.Now()
			return ctx.Err()
		}
	}
	m, _ := kit.RunMonitor(t, first, config, handle(0))
	alive := kit.StartPulse(t, s, ttls, id)
	kit.AwaitNormal(t, m)
	alive.Stop(id)
	require.Eventually(t, func() bool { return begun.Load() == 1 }, patience, time.Millisecond)

	for n := range 2 {
		kit.RunMonitor(t, b.Replica(t, s, ttls), config, handle(1+n))
	}
	require.NoError(t, s.SetOnline(t.Context(), id)) // it comes back, and dies again
	require.Eventually(t, func() bool { return kit.PhaseOf(t, s, id) == driver.Leased }, patience, 10*time.Millisecond,
		"the second death is not detected")
	time.Sleep(lease)
	require.Empty(t, later.All(), "handed out while the first handler runs")
	if killed {
		killedAt = time.Now()
		first.kill()
	} else {
		close(over)
	}
	later.Await(t, 1, patience, lease)

	calls := later.All()
	require.Len(t, calls, 1)
	require.Equal(t, 1, calls[0].Attempt, "it is another death")
	if killed {
		require.Greater(t, calls[0].At.Sub(killedAt), lease/2, "the lease was extended within a third of it")
	}
	after := calls[0].At.Sub(returned)
	t.Logf("the second handler began %v after the first returned", after.Round(time.Millisecond))
	require.Zero(t, beside.Load(), "two handlers at once")
}

package kit

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Unguarded is Config.Hold of a monitor without a guard.
var Unguarded = monitor.Hold{Share: 1}

// RunMonitor runs a monitor until the test ends, or stop was called.
func RunMonitor(t testing.TB, s store.LivenessStore, c monitor.Config, h monitor.Handler) (m *monitor.Monitor, stop func()) {
	t.Helper()
	m, err := monitor.New(s, c)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx, h) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	t.Cleanup(stop)
	return m, stop
}

// AwaitNormal waits until the monitor has swept, or has read the state that the leader left, and
// is in no grace.
func AwaitNormal(t testing.TB, m *monitor.Monitor) {
	t.Helper()
	time.Sleep(time.Second) // a new follower knows nothing yet
	require.Eventually(t, func() bool {
		st := m.Status()
		return st.State == monitor.StateNormal && !st.LastSweep.IsZero()
	}, time.Minute, 10*time.Millisecond, "the grace does not end")
}

// PhaseOf returns the phase of the pending death of a workspace, or "".
func PhaseOf(t testing.TB, s store.LivenessStore, id string) (phase driver.Phase) {
	t.Helper()
	for _, d := range Pending(t, s) {
		if d.ID == id {
			phase = d.Phase
		}
	}
	return phase
}

// Pending returns the deaths that are pending in the store.
func Pending(t testing.TB, s store.LivenessStore) (all []driver.Pending) {
	t.Helper()
	m, err := monitor.New(s, monitor.Config{})
	require.NoError(t, err)
	for d, err := range m.Pending(t.Context()) {
		require.NoError(t, err)
		all = append(all, d)
	}
	return all
}

// SharedInterval is the Interval of monitors that share one machine with many others: the
// default of so short a TTL is a fraction of it.
func SharedInterval(ttls store.TTLs) time.Duration { return ttls.Liveness / 8 }

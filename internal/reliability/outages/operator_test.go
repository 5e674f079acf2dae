package outages

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// An operator pauses the monitors from a process of its own. They obey, also one
// that is started later, and list what waits, until the operator resumes.
//
// It fails if a pause is kept in the monitor and not in the store.
func TestAPauseOutlivesTheMonitors(t *testing.T) {
	t.Parallel()
	kit.OnServers(t, func(t testing.TB, b kit.Backend) {
		const (
			deaths   = 10
			patience = time.Minute
		)
		ttls := store.TTLs{Liveness: 3 * time.Second, Heartbeat: 500 * time.Millisecond}
		s := b.Open(t, ttls)
		ids, living := kit.Named("dead", deaths), kit.Named("living", deaths)
		alive, reports := kit.StartPulse(t, s, ttls, append(ids, living...)...), kit.NewBook()
		config := monitor.Config{Interval: kit.SharedInterval(ttls), Hold: kit.Unguarded}
		_, stop := kit.RunMonitor(t, b.Open(t, ttls), config, reports.Handler(0))
		m, _ := kit.RunMonitor(t, b.Open(t, ttls), config, reports.Handler(1))
		kit.AwaitNormal(t, m)

		operator, err := monitor.New(b.Open(t, ttls), monitor.Config{})
		require.NoError(t, err)
		require.NoError(t, operator.Pause(t.Context(), "maintenance", time.Now().Add(time.Hour)))
		alive.Stop(ids...)
		time.Sleep(ttls.Liveness / 2)
		stop()
		m, _ = kit.RunMonitor(t, b.Open(t, ttls), config, reports.Handler(2))
		require.Eventually(t, func() bool { return len(kit.Pending(t, s)) == deaths }, patience, 10*time.Millisecond, "pending deaths")
		time.Sleep(ttls.Liveness)
		require.Empty(t, reports.All(), "handed out during a pause")
		require.Equal(t, monitor.StatePaused, m.Status().State)
		require.Equal(t, "maintenance", m.Status().Reason)
		for _, d := range kit.Pending(t, s) {
			assert.Equal(t, driver.Ready, d.Phase)
			assert.Zero(t, d.Attempt)
		}

		require.NoError(t, operator.Resume(t.Context()))
		reports.Await(t, deaths, patience, time.Second)
		assert.Len(t, reports.All(), deaths)
		assert.Empty(t, kit.Pending(t, s))
		assert.Zero(t, m.Status().Dropped)
	})
}

// An operator knows that the workspaces of a hold are dead: their deaths are
// handed out, once each, and the same evidence begins no other hold.
//
// It fails if EndHold changes only the monitor that it is called on.
func TestAnOperatorEndsAHold(t *testing.T) {
	t.Parallel()
	kit.OnServers(t, func(t testing.TB, b kit.Backend) {
		const (
			fleet    = 60
			deaths   = fleet / 2
			patience = time.Minute
		)
		ttls := store.TTLs{Liveness: 4 * time.Second, Heartbeat: 600 * time.Millisecond}
		s := b.Open(t, ttls)
		ids := kit.Named("workspace", fleet)
		alive, reports, log := kit.StartPulse(t, s, ttls, ids...), kit.NewBook(), new(noticeboard)
		config := monitor.Config{Interval: kit.SharedInterval(ttls), Hold: monitor.Hold{Partial: time.Hour, Most: time.Hour}, Logger: slog.New(slog.NewTextHandler(log, nil))}
		for n := range replicas {
			m, _ := kit.RunMonitor(t, b.Open(t, ttls), config, reports.Handler(n))
			kit.AwaitNormal(t, m)
		}
		operator, err := monitor.New(b.Open(t, ttls), monitor.Config{})
		require.NoError(t, err)
		alive.Stop(ids[:deaths]...)
		require.Eventually(t, func() bool { return len(kit.Pending(t, s)) == deaths }, patience, 10*time.Millisecond, "pending deaths")
		time.Sleep(ttls.Liveness)
		require.Empty(t, reports.All(), "handed out during a hold")

		require.NoError(t, operator.EndHold(t.Context()))
		reports.Await(t, deaths, patience, time.Second)
		for _, id := range ids[:deaths] {
			assert.Len(t, reports.Of(id), 1)
		}
		assert.Len(t, reports.All(), deaths)
		assert.LessOrEqual(t, log.count(holdBegins), replicas, "holds")
	})
}

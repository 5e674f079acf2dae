package reliability

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

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
	onServers(t, func(t testing.TB, b backend) {
		const (
			deaths   = 10
			patience = time.Minute
		)
		ttls := store.TTLs{Liveness: 3 * time.Second, Heartbeat: 500 * time.Millisecond}
		s := b.open(t, ttls)
		ids, living := named("dead", deaths), named("living", deaths)
		alive, reports := startPulse(t, s, ttls, append(ids, living...)...), newBook()
		config := monitor.Config{Interval: calmly(ttls), Hold: unguarded}
		_, stop := runMonitor(t, b.open(t, ttls), config, reports.handler(0))
		m, _ := runMonitor(t, b.open(t, ttls), config, reports.handler(1))
		calm(t, m)

		operator, err := monitor.New(b.open(t, ttls), monitor.Config{})
		require.NoError(t, err)
		require.NoError(t, operator.Pause(t.Context(), "maintenance", time.Now().Add(time.Hour)))
		alive.stop(ids...)
		time.Sleep(ttls.Liveness / 2)
		stop()
		m, _ = runMonitor(t, b.open(t, ttls), config, reports.handler(2))
		require.Eventually(t, func() bool { return len(pending(t, s)) == deaths }, patience, 10*time.Millisecond, "pending deaths")
		time.Sleep(ttls.Liveness)
		require.Empty(t, reports.all(), "handed out during a pause")
		require.Equal(t, monitor.StatePaused, m.Status().State)
		require.Equal(t, "maintenance", m.Status().Reason)
		for _, d := range pending(t, s) {
			assert.Equal(t, driver.Ready, d.Phase)
			assert.Zero(t, d.Attempt)
		}

		require.NoError(t, operator.Resume(t.Context()))
		reports.await(t, deaths, patience, time.Second)
		assert.Len(t, reports.all(), deaths)
		assert.Empty(t, pending(t, s))
		assert.Zero(t, m.Status().Dropped)
	})
}

// An operator knows that the workspaces of a hold are dead: their deaths are
// handed out, once each, and the same evidence begins no other hold.
//
// It fails if EndHold changes only the monitor that it is called on.
func TestAnOperatorEndsAHold(t *testing.T) {
	t.Parallel()
	onServers(t, func(t testing.TB, b backend) {
		const (
			fleet    = 60
			deaths   = fleet / 2
			patience = time.Minute
		)
		ttls := store.TTLs{Liveness: 4 * time.Second, Heartbeat: 600 * time.Millisecond}
		s := b.open(t, ttls)
		ids := named("workspace", fleet)
		alive, reports, log := startPulse(t, s, ttls, ids...), newBook(), new(noticeboard)
		config := monitor.Config{Interval: calmly(ttls), Hold: monitor.Hold{Partial: time.Hour, Most: time.Hour}, Logger: slog.New(slog.NewTextHandler(log, nil))}
		for n := range replicas {
			m, _ := runMonitor(t, b.open(t, ttls), config, reports.handler(n))
			calm(t, m)
		}
		operator, err := monitor.New(b.open(t, ttls), monitor.Config{})
		require.NoError(t, err)
		alive.stop(ids[:deaths]...)
		require.Eventually(t, func() bool { return len(pending(t, s)) == deaths }, patience, 10*time.Millisecond, "pending deaths")
		time.Sleep(ttls.Liveness)
		require.Empty(t, reports.all(), "handed out during a hold")

		require.NoError(t, operator.EndHold(t.Context()))
		reports.await(t, deaths, patience, time.Second)
		for _, id := range ids[:deaths] {
			assert.Len(t, reports.of(id), 1)
		}
		assert.Len(t, reports.all(), deaths)
		assert.LessOrEqual(t, log.count(holdBegins), replicas, "holds")
	})
}

// The owner expects a workspace that never registers, and one that registers
// late. The monitor is replaced meanwhile: the former is reported one TTL after
// it was first named, and again no sooner than a TTL after its handler; the
// latter and the living are not.
//
// It fails if a new monitor adopts again what was adopted before.
func TestExpectedWorkspacesOutliveTheMonitor(t *testing.T) {
	t.Parallel()
	onServers(t, func(t testing.TB, b backend) {
		const patience = 30 * time.Second
		ttls := store.TTLs{Liveness: 4 * time.Second, Heartbeat: 600 * time.Millisecond}
		s := b.open(t, ttls)
		living := named("living", 10)
		alive, reports := startPulse(t, s, ttls, living...), newBook()
		expected := func(context.Context) ([]string, error) {
			return append([]string{"never", "late"}, living...), nil
		}
		watch := func(by int) (*monitor.Monitor, func()) {
			return runMonitor(t, b.open(t, ttls), monitor.Config{Interval: calmly(ttls), Expected: expected, Reconcile: time.Second, Hold: unguarded}, reports.handler(by))
		}
		_, stop := watch(0)
		require.Eventually(t, func() bool { return phaseOf(t, s, "never") == driver.Delayed }, patience, 5*time.Millisecond, "it is not adopted")
		named := time.Now()
		time.Sleep(ttls.Liveness * 3 / 4)
		stop()
		m, _ := watch(1)
		alive.start("late")
		require.Eventually(t, func() bool { return len(reports.of("never")) >= 3 }, 3*patience, 10*time.Millisecond)

		calls := reports.of("never")
		assert.True(t, calls[0].Adopted)
		assert.Equal(t, 1, calls[1].Attempt)
		first := calls[0].at.Sub(named)
		t.Logf("reported %.1f s after it was named, and again after %.1f s and %.1f s (TTL %v)", first.Seconds(),
			calls[1].at.Sub(calls[0].at).Seconds(), calls[2].at.Sub(calls[1].at).Seconds(), ttls.Liveness)
		assert.Greater(t, first, ttls.Liveness-time.Second)
		assert.Less(t, first, ttls.Liveness*3/2+machine.overslept(named, calls[0].at))
		for i := range calls[1:] {
			assert.GreaterOrEqual(t, calls[i+1].at.Sub(calls[i].at), ttls.Liveness, "report %d", i+1)
		}
		for _, id := range append(living, "late") {
			assert.Empty(t, reports.of(id), "reports of %s; the longest gap between heartbeats was %v", id, alive.longestGap())
		}
		assert.Empty(t, m.Status().Owner)
	})
}

// The second witness says that some of the silent are alive, and the process is
// replaced: they stay online for their TTL at a time, and are handed out when
// they were last heard from too long ago, by the first silence. The dead are
// handed out at once.
//
// It fails if boltstore, when it is opened again, takes the deadline that the
// last Withdraw granted for the first of the silence.
func TestWithdrawnWorkspacesOutliveTheProcess(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t testing.TB) backend{
		"bbolt": onBolt,
		"redis": func(t testing.TB) backend { return onRedis(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inRealTime(t, func(t testing.TB) {
				const (
					each     = 5
					most     = 10500 * time.Millisecond // three and a half TTLs
					patience = time.Minute
				)
				ttls := store.TTLs{Liveness: 3 * time.Second, Heartbeat: 500 * time.Millisecond}
				b := open(t)
				s := b.open(t, ttls)
				hung, dead := named("hung", each), named("dead", each)
				alive, reports := startPulse(t, s, ttls, append(hung, dead...)...), newBook()
				config := monitor.Config{Hold: unguarded, ProbeMost: most, Probe: func(_ context.Context, id string) (bool, error) { return id[0] == 'h', nil }}
				line := newLine(s)
				m, _ := runMonitor(t, line, config, reports.handler(0))
				calm(t, m)
				last := alive.stop(append(hung, dead...)...)
				reports.await(t, each, patience, 0)
				require.Eventually(t, func() bool {
					online, err := store.IsOnlineMany(t.Context(), s, hung)
					require.NoError(t, err)
					return m.Status().Totals.Withdrawn >= 2*each && !slices.Contains(online, false) && len(pending(t, s)) == 0
				}, patience, 5*time.Millisecond, "the hung are not withdrawn and the dead not handled")
				line.kill()
				survivor := b.survivor(t, s, ttls)
				m, _ = runMonitor(t, survivor, config, reports.handler(1))
				reports.await(t, 2*each, patience, time.Second)

				for _, id := range append(hung, dead...) {
					assert.Len(t, reports.of(id), 1, "reports of %s", id)
				}
				for _, id := range hung {
					after := reports.of(id)[0].at.Sub(last)
					assert.Greater(t, after, most-ttls.Heartbeat, "of %s", id)
					assert.Less(t, after, most+ttls.Liveness*3/2+machine.overslept(last, time.Now()), "of %s", id)
				}
				assert.Positive(t, m.Status().Totals.Withdrawn, "withdrawn by the second monitor")
			})
		})
	}
}

package deaths

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// The owner expects a workspace that never registers, and one that registers
// late. The monitor is replaced meanwhile: the former is reported one TTL after
// it was first named, and again no sooner than a TTL after its handler; the
// latter and the living are not.
//
// It fails if a new monitor adopts again a workspace that was adopted before.
func TestExpectedWorkspacesOutliveTheMonitor(t *testing.T) {
	t.Parallel()
	kit.OnServers(t, func(t testing.TB, b kit.Backend) {
		const patience = 30 * time.Second
		ttls := store.TTLs{Liveness: 4 * time.Second, Heartbeat: 600 * time.Millisecond}
		s := b.Open(t, ttls)
		living := kit.Named("living", 10)
		alive, reports := kit.StartPulse(t, s, ttls, living...), kit.NewBook()
		expected := func(context.Context) ([]string, error) {
			return append([]string{"never", "late"}, living...), nil
		}
		watch := func(by int) (*monitor.Monitor, func()) {
			return kit.RunMonitor(t, b.Open(t, ttls), monitor.Config{Interval: kit.SharedInterval(ttls), Expected: expected, Reconcile: time.Second, Hold: kit.Unguarded}, reports.Handler(by))
		}
		_, stop := watch(0)
		require.Eventually(t, func() bool { return kit.PhaseOf(t, s, "never") == driver.Delayed }, patience, 5*time.Millisecond, "it is not adopted")
		named := time.Now()
		time.Sleep(ttls.Liveness * 3 / 4)
		stop()
		m, _ := watch(1)
		alive.Start("late")
		require.Eventually(t, func() bool { return len(reports.Of("never")) >= 3 }, 3*patience, 10*time.Millisecond)

		calls := reports.Of("never")
		assert.True(t, calls[0].Adopted)
		assert.Equal(t, 1, calls[1].Attempt)
		first := calls[0].At.Sub(named)
		t.Logf("reported %.1f s after it was named, and again after %.1f s and %.1f s (TTL %v)", first.Seconds(),
			calls[1].At.Sub(calls[0].At).Seconds(), calls[2].At.Sub(calls[1].At).Seconds(), ttls.Liveness)
		assert.Greater(t, first, ttls.Liveness-time.Second)
		assert.Less(t, first, ttls.Liveness*3/2+kit.Overslept(named, calls[0].At))
		for i := range calls[1:] {
			assert.GreaterOrEqual(t, calls[i+1].At.Sub(calls[i].At), ttls.Liveness, "report %d", i+1)
		}
		for _, id := range append(living, "late") {
			assert.Empty(t, reports.Of(id), "reports of %s; the longest gap between heartbeats was %v", id, alive.LongestGap())
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
	for name, open := range map[string]func(t testing.TB) kit.Backend{
		"bbolt": kit.OnBolt,
		"redis": func(t testing.TB) kit.Backend { return kit.OnRedis(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kit.InRealTime(t, func(t testing.TB) {
				const (
					each     = 5
					most     = 10500 * time.Millisecond // three and a half TTLs
					patience = time.Minute
				)
				ttls := store.TTLs{Liveness: 3 * time.Second, Heartbeat: 500 * time.Millisecond}
				b := open(t)
				s := b.Open(t, ttls)
				hung, dead := kit.Named("hung", each), kit.Named("dead", each)
				alive, reports := kit.StartPulse(t, s, ttls, append(hung, dead...)...), kit.NewBook()
				config := monitor.Config{Hold: kit.Unguarded, ProbeMost: most, Probe: func(_ context.Context, id string) (bool, error) { return id[0] == 'h', nil }}
				line := newLine(s)
				m, _ := kit.RunMonitor(t, line, config, reports.Handler(0))
				kit.AwaitNormal(t, m)
				last := alive.Stop(append(hung, dead...)...)
				reports.Await(t, each, patience, 0)
				require.Eventually(t, func() bool {
					online, err := store.IsOnlineMany(t.Context(), s, hung)
					require.NoError(t, err)
					return m.Status().Totals.Withdrawn >= 2*each && !slices.Contains(online, false) && len(kit.Pending(t, s)) == 0
				}, patience, 5*time.Millisecond, "the hung are not withdrawn and the dead not handled")
				line.kill()
				survivor := b.Survivor(t, s, ttls)
				m, _ = kit.RunMonitor(t, survivor, config, reports.Handler(1))
				reports.Await(t, 2*each, patience, time.Second)

				for _, id := range append(hung, dead...) {
					assert.Len(t, reports.Of(id), 1, "reports of %s", id)
				}
				for _, id := range hung {
					after := reports.Of(id)[0].At.Sub(last)
					assert.Greater(t, after, most-ttls.Heartbeat, "of %s", id)
					assert.Less(t, after, most+ttls.Liveness*3/2+kit.Overslept(last, time.Now()), "of %s", id)
				}
				assert.Positive(t, m.Status().Totals.Withdrawn, "withdrawn by the second monitor")
			})
		})
	}
}

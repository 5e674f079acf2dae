package reliability

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/monitor"
)

// pace is how often a monitor that is in a storm lets deaths through.
const pace = 100 * time.Millisecond

// halfSilent has half of the fleet fall silent. The server is stopped over the
// deadlines, so that it sees all of them at once, and for so long that the
// monitors take it for gone. It returns the half, and the time from which
// nothing may be reported.
func halfSilent(t *testing.T, members int, ttl time.Duration) (f *crowd, half []*member, seen time.Time) {
	server := redistest.Start(t)
	f = gather(t, "redis://"+server.Addr(), ttl, members)
	f.until(f.watch(monitor.Config{Interval: pace, Lease: ttl / 4}), monitor.StateNormal)
	half = f.silence(members / 2)
	time.Sleep(ttl - 2*f.ttls.Heartbeat)
	server.Pause(t)
	time.Sleep(9 * f.ttls.Heartbeat / 4)
	seen = time.Now()
	server.Resume(t)
	f.eventually("not every monitor noticed a storm", func() bool {
		return f.log.count("liveness: storm") == replicas
	})
	return f, half, seen
}

func halfOfTheFleetDies(t *testing.T) {
	const (
		members = 200
		ttl     = 5 * time.Second
		drip    = members / 100
		last    = 3 // so few need no guard
	)
	f, half, seen := halfSilent(t, members, ttl)
	whole := time.Duration(len(half)/drip) * pace
	f.verdict(seen, ttl+whole+spare, len(half))

	reports := f.reports(half)
	require.NotEmpty(t, reports)
	for i, at := range reports[:len(reports)-last] {
		require.GreaterOrEqual(t, at.Sub(seen), ttl+time.Duration(i/drip)*pace, "report %d", i)
	}
	for i := range replicas {
		assert.Equal(t, 1, f.log.count("liveness: storm", by(i)), "storm notices of monitor %d", i)
		assert.Equal(t, 1, f.log.count("liveness: the storm is over", by(i)), "ends noticed by monitor %d", i)
	}
	t.Logf("%d of %d silent at once: the first report after %.1f s, the last after %.1f s",
		len(half), members, reports[0].Sub(seen).Seconds(), reports[len(reports)-1].Sub(seen).Seconds())
}

// halfOfTheFleetFadesAway has the deadlines come as the heartbeats did, and each
// death handled before the next.
func halfOfTheFleetFadesAway(t *testing.T) {
	const (
		members = 200
		ttl     = 5 * time.Second
		share   = members * 15 / 100 // of the fleet, after which the guard acts

		floorBefore = 3 // fewer reports before the storm: they died at once
	)
	server := redistest.Start(t)
	f := gather(t, "redis://"+server.Addr(), ttl, members)
	f.until(f.watch(monitor.Config{Interval: pace, Lease: ttl / 4}), monitor.StateNormal)
	half := f.silence(members / 2)
	f.eventually("not every monitor noticed a storm", func() bool {
		return f.log.count("liveness: storm") == replicas
	})
	seen := time.Now()
	before := len(f.reports(half))
	f.verdict(seen, ttl+time.Duration(len(half))*pace+spare, len(half))

	require.GreaterOrEqual(t, before, floorBefore)
	require.LessOrEqual(t, before, share+replicas) // each may not have seen what the others claimed just then
	reports := f.reports(half)
	require.GreaterOrEqual(t, reports[before].Sub(reports[before-1]), ttl-pace)
	t.Logf("%d of %d silent within a heartbeat: %d reported before the storm, the next after %.1f s",
		len(half), members, before, reports[before].Sub(seen).Seconds())
}

// reports returns when the members were reported, in order.
func (c *crowd) reports(members []*member) []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	var reports []time.Time
	for _, m := range members {
		reports = append(reports, m.reported...)
	}
	slices.SortFunc(reports, time.Time.Compare)
	return reports
}

func halfOfTheFleetReturns(t *testing.T) {
	const (
		members = 200
		ttl     = 5 * time.Second

		floorReturns = members / 8
	)
	f, half, seen := halfSilent(t, members, ttl)
	returns := f.returns.Load()
	time.Sleep(time.Until(seen.Add(ttl / 2)))
	f.speak(half)
	f.eventually("not every monitor noticed the end of the storm", func() bool {
		return f.log.count("liveness: the storm is over") == replicas
	})
	f.verdict(seen.Add(ttl), spare, 0)
	require.GreaterOrEqual(t, f.returns.Load()-returns, int64(floorReturns), "nobody was dead")
	assert.Equal(t, members, f.living())
}

package outages

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
)

const (
	holdBegins = "liveness: hold:"
	holdEnds   = "liveness: the hold is over"
)

// partOfTheFleetDies has so large a part die that heartbeats seem not to arrive:
// nothing is reported until the longest hold for a part is over, and then each
// death once.
//
// It fails if a hold ends without heartbeats before Hold.Partial.
func partOfTheFleetDies(t testing.TB) {
	const (
		members = 60 // the panel watches all of them: no chance decides whether a hold begins
		ttl     = 5 * time.Second
		part    = members / 4 // far from half of the fleet, which makes the longest hold
	)
	f := gather(t, "redis://"+redistest.Start(t).Addr(), ttl, members)
	f.until(f.watch(monitor.Config{}), monitor.StateNormal)
	dead := f.silence(part)
	f.held()
	seen := time.Now()
	f.verdict(seen, ttl+spare, part)

	reports := f.reports(dead)
	require.NotEmpty(t, reports)
	const seenLate = sweeps // the hold began before every monitor noticed
	assert.GreaterOrEqual(t, reports[0].Sub(seen), ttl-seenLate-f.ttls.Heartbeat, "a report before the hold was over")
	for i := range replicas {
		begun, ended := f.log.count(holdBegins, by(i)), f.log.count(holdEnds, by(i))
		if overslept := kit.Overslept(seen, time.Now()); overslept > time.Second && begun > 1 {
			t.Logf("the machine did not keep up: it overslept by %v, which may be another hold", overslept)
			continue
		}
		assert.Equal(t, 1, begun, "holds that monitor %d told of", i)
		assert.Equal(t, 1, ended, "ends that monitor %d told of", i)
	}
	t.Logf("%d of %d silent at once: the first report %.1f s after the hold began, the last %.1f s",
		part, members, reports[0].Sub(seen).Seconds(), reports[len(reports)-1].Sub(seen).Seconds())
}

// halfOfTheFleetReturns has half of the fleet fall silent and come back during
// the hold: nothing is reported.
//
// It fails if the guard is off.
func halfOfTheFleetReturns(t testing.TB) {
	const (
		members = 200
		ttl     = 5 * time.Second

		floorReturns = members / 8
	)
	f := gather(t, "redis://"+redistest.Start(t).Addr(), ttl, members)
	f.until(f.watch(monitor.Config{}), monitor.StateNormal)
	half := f.silence(members / 2)
	f.held()
	returns := f.returns.Load()
	time.Sleep(ttl / 2)
	f.speak(half)
	eventually(f.t, "not every monitor noticed the end of the hold", func() bool {
		return f.log.count(holdEnds) == replicas
	})
	f.verdict(time.Now(), spare, 0)
	require.GreaterOrEqual(t, f.returns.Load()-returns, int64(floorReturns), "no workspace was dead")
	assert.Equal(t, members, f.living())
}

// held waits until every monitor holds.
func (c *crowd) held() {
	c.t.Helper()
	eventually(c.t, "not every monitor holds", func() bool { return c.log.count(holdBegins) == replicas })
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

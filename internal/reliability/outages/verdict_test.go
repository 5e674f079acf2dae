package outages

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

const (
	// replicas is how many monitors watch a fleet.
	replicas = 2

	// sweeps is how often each of them sweeps, so that many scenarios can
	// share one machine.
	sweeps = 200 * time.Millisecond

	// spare is by how much a report may be later than the grace.
	spare = 2 * time.Second
)

// watched is the monitors of a fleet, each on a client of its own.
type watched struct {
	monitors []*monitor.Monitor
	stop     func() // them and their clients
}

// watch starts the monitors. The owner's list is known to them.
func (c *crowd) watch(config monitor.Config) *watched {
	c.t.Helper()
	config.Interval = cmp.Or(config.Interval, sweeps)
	config.Lease = cmp.Or(config.Lease, c.ttls.Liveness)
	config.Expected = c.expected
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	w := &watched{stop: sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})}
	stores := make([]*redisstore.Store, replicas)
	for i := range stores {
		stores[i] = c.open()
	}
	c.t.Cleanup(w.stop)
	for i, s := range stores {
		config.Logger = slog.New(slog.NewTextHandler(&c.log, nil)).With("by", i)
		var watched store.LivenessStore = s
		if c.bend != nil {
			watched = c.bend(s)
		}
		m, err := monitor.New(watched, config)
		require.NoError(c.t, err)
		w.monitors = append(w.monitors, m)
		running.Go(func() {
			assert.NoError(c.t, m.Run(ctx, c.handle))
			assert.NoError(c.t, s.Close())
		})
	}
	return w
}

// handle takes note of a report.
func (c *crowd) handle(_ context.Context, d monitor.Death) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, m := time.Now(), c.byID[d.ID]
	var lie string
	switch {
	case m == nil:
		lie = "is not known"
	case m.retired:
		lie = "is wanted no more"
	case !m.silent:
		lie = "is alive"
	case now.Before(m.heard.Add(c.ttls.Liveness)):
		lie = "was heard from within its TTL"
	default:
		m.reported = append(m.reported, now)
		return nil
	}
	if c.wrong++; c.wrong == 1 {
		c.t.Errorf("%s is reported, but it %s: %+v", d.ID, lie, d)
	}
	return nil
}

// until waits until all monitors are in a state.
func (c *crowd) until(w *watched, state monitor.State) {
	c.t.Helper()
	eventually(c.t, "not every monitor is in the state "+string(state), func() bool {
		return numberOf(w.monitors, func(m *monitor.Monitor) bool { return m.Status().State != state }) == 0
	})
}

// told waits until all that fell silent were reported, which ends at the given
// time.
func (c *crowd) told(by time.Time) {
	for open := 1; open > 0 && time.Now().Before(by); time.Sleep(20 * time.Millisecond) {
		c.mu.Lock()
		open = numberOf(c.members, func(m *member) bool { return m.silent && !m.retired && len(m.reported) == 0 })
		c.mu.Unlock()
	}
}

// settled reports whether no death is pending in the store.
func (c *crowd) settled() bool {
	m, err := monitor.New(c.store, monitor.Config{})
	if err != nil {
		return false
	}
	for range m.Pending(c.t.Context()) { // a death, or an error
		return false
	}
	return true
}

// verdict waits for the reports of all deaths and compares: each
// death must have been reported once, no later than one TTL and slack after the
// recovery or, if that is later, after the last heartbeat, and no other workspace, not
// even a little later. Until no death is pending in the store another report of one may
// come. The time that the machine overslept is not counted.
func (c *crowd) verdict(recovered time.Time, slack time.Duration, deaths int) {
	c.t.Helper()
	ttl := c.ttls.Liveness
	c.mu.Lock()
	last := recovered
	for _, m := range c.members {
		if m.silent && !m.retired && m.heard.After(last) {
			last = m.heard
		}
	}
	c.mu.Unlock()
	c.told(last.Add(ttl + slack + stepTime))
	assert.Eventually(c.t, c.settled, stepTime, sweeps, "deaths are still pending")
	time.Sleep(spare)

	c.mu.Lock()
	defer c.mu.Unlock()
	died, missed, late, again, alive := 0, 0, 0, 0, 0
	latest := -ttl // after the first moment at which it could be told
	for _, m := range c.members {
		if !m.silent && len(m.reported) > 0 {
			alive++
		}
		if !m.silent || m.retired {
			continue
		}
		died++
		switch len(m.reported) {
		case 0:
			missed++
			continue
		case 1:
		default:
			again++
		}
		since := recovered
		if m.heard.After(since) {
			since = m.heard
		}
		latest = max(latest, m.reported[0].Sub(since.Add(ttl)))
		if m.reported[0].After(since.Add(ttl + slack + kit.Overslept(since, m.reported[0]))) {
			late++
		}
	}
	c.t.Logf("%d workspaces: %d died, %d missed, %d late (the latest %+.1f s after recovery and TTL), %d twice, %d wrongly reported, %d reported before they returned; %d heartbeats, of which %d registered; %d graces",
		len(c.members), died, missed, late, latest.Seconds(), again, c.wrong, alive, c.beats.Load(), c.returns.Load(), c.log.count("liveness: grace:"))
	assert.Equal(c.t, deaths, died, "deaths")
	assert.Zero(c.t, missed, "deaths that were not reported")
	assert.Zero(c.t, late, "deaths that were reported late")
	assert.Zero(c.t, again, "deaths that were reported more than once")
	assert.Zero(c.t, alive, "who were reported, and are alive")
	assert.Zero(c.t, c.wrong, "reports of who was not dead")
}

package outages

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
)

// cluster is a Redis Cluster in which one master has a replica.
type cluster struct {
	*redistest.Cluster
	replica *redistest.Server
}

// startCluster starts a Cluster whose first master has a replica with a clock
// that is ahead of the others.
func startCluster(t testing.TB, ahead time.Duration) *cluster {
	const masters = 3
	c := &cluster{Cluster: redistest.StartCluster(t, masters)}
	c.replica = c.AddReplica(t, ahead)
	return c
}

func (c *cluster) url() string {
	return "redis://" + c.Addrs()[0] + "?addr=" + strings.Join(c.Addrs()[1:], "&addr=")
}

// failover kills the first master and returns when its replica serves.
func (c *cluster) failover(t testing.TB) {
	c.Masters[0].Kill()
	eventually(t, "the replica is not promoted", c.promoted(t))
}

// promoted returns what tells whether the replica of the first master serves.
func (c *cluster) promoted(t testing.TB) func() bool {
	client := c.replica.Client(t)
	return func() bool {
		return strings.Contains(client.Info(context.Background(), "replication").Val(), "role:master") &&
			strings.Contains(client.ClusterInfo(context.Background()).Val(), "cluster_state:ok")
	}
}

// failovers are outages in which a master is killed and its replica promoted,
// which may have another clock, while workspaces die.
func failovers() (all []scenario) {
	const (
		members = 100
		group   = 3 // die at a time, four times
		ttl     = 6 * time.Second
		skew    = 25 * time.Second

		floorBeats   = 1_000
		floorReturns = members / 4 // a clock that is ahead ends all lives
	)
	for _, c := range []struct {
		name  string
		ahead []time.Duration
		start func(t testing.TB, ahead time.Duration) (url string, failover func())
	}{
		{"sentinel", []time.Duration{-skew, skew, 0}, func(t testing.TB, ahead time.Duration) (string, func()) {
			s := redistest.StartSentinel(t, ahead)
			return s.URL(), func() { s.Failover(t) }
		}},
		{"cluster", []time.Duration{0}, func(t testing.TB, ahead time.Duration) (string, func()) {
			c := startCluster(t, ahead)
			return c.url(), func() { c.failover(t) }
		}},
	} {
		for _, ahead := range c.ahead {
			name := fmt.Sprintf("%s promotes a replica whose clock is %v ahead", c.name, ahead)
			all = append(all, scenario{name, func(t testing.TB) {
				url, failover := c.start(t, ahead)
				f := gather(t, url, ttl, members)
				w := f.watch(monitor.Config{Interval: time.Second, Hold: kit.Unguarded})
				f.silence(group)
				f.until(w, monitor.StateNormal)
				f.told(time.Now().Add(ttl + spare))

				f.silence(group) // to die while there is no master
				time.Sleep(ttl - f.ttls.Heartbeat)
				f.silence(group) // to die when there is another
				time.Sleep(f.ttls.Heartbeat / 2)
				returns := f.returns.Load()
				failover()
				eventually(f.t, "the fleet finds no master", func() bool { return f.store.Ping(t.Context()) == nil })
				recovered := time.Now()
				time.Sleep(f.ttls.Heartbeat)
				f.silence(group)
				slack := ttl // the clients have to find the new master
				if ahead < 0 {
					slack += skew // Redis keeps the lives granted before so much longer
				}
				f.verdict(recovered, slack, 4*group)

				require.GreaterOrEqual(t, f.beats.Load(), int64(floorBeats), "hardly anybody was heard from")
				board.Row(t, c.name+" fails over while workspaces die", board.Figures{
					Operations: int(f.beats.Load()), Faults: 1, Violations: f.wrong, FloorOperations: floorBeats, FloorFaults: 1,
				})
				if ahead > 0 {
					require.GreaterOrEqual(t, f.returns.Load()-returns, int64(floorReturns), "the living were not forgotten")
				}
			}})
		}
	}
	return all
}

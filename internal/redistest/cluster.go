package redistest

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"
)

// slots is how many hash slots a Redis Cluster has.
const slots = 16_384

// Cluster is a Redis Cluster of masters without replicas.
type Cluster struct {
	Masters []*Server
}

// StartCluster starts a Cluster whose slots are spread over the masters in
// equal ranges, in order.
func StartCluster(t testing.TB, masters int) *Cluster {
	t.Helper()
	c := &Cluster{}
	for range masters {
		c.Masters = append(c.Masters, Start(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000"))
	}
	ctx := context.Background()
	first := c.Masters[0].Client(t)
	for i, m := range c.Masters {
		from, to := i*slots/masters, (i+1)*slots/masters-1
		if err := m.Client(t).ClusterAddSlotsRange(ctx, from, to).Err(); err != nil {
			t.Fatalf("redistest: ADDSLOTSRANGE: %v", err)
		}
		if err := first.ClusterMeet(ctx, "127.0.0.1", strconv.Itoa(m.port)).Err(); err != nil {
			t.Fatalf("redistest: MEET: %v", err)
		}
	}
	for _, m := range c.Masters {
		m.joined(t, masters)
	}
	return c
}

// Addrs returns host:port of each master.
func (c *Cluster) Addrs() []string {
	addrs := make([]string, len(c.Masters))
	for i, m := range c.Masters {
		addrs[i] = m.Addr()
	}
	return addrs
}

// joined waits until the server takes the whole Cluster for well.
func (s *Server) joined(t testing.TB, masters int) {
	t.Helper()
	client := s.Client(t)
	var info string
	for end := time.Now().Add(startTime); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		info, _ = client.ClusterInfo(context.Background()).Result() // shown if it never gets well
		if strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_size:"+strconv.Itoa(masters)+"\r") {
			return
		}
	}
	t.Fatalf("redistest: %s did not join the Cluster:\n%s", s.Addr(), info)
}

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

// nodeTimeout is for how long a server may be silent until the others call it dead.
const nodeTimeout = 2 * time.Second

// clusterConfig is that of a server of a Cluster.
func clusterConfig() []string {
	return []string{"--cluster-enabled", "yes", "--cluster-node-timeout", millis(nodeTimeout), "--repl-diskless-sync-delay", "0"}
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// Notices says whether the servers soon call each other dead, and the Cluster is down or a
// replica is promoted. They do if there is a replica; elsewhere a machine that is late
// would look like an outage.
func (c *Cluster) Notices(t testing.TB, soon bool) {
	t.Helper()
	timeout := time.Minute
	if soon {
		timeout = nodeTimeout
	}
	for _, m := range c.Masters {
		if err := m.Client(t).ConfigSet(context.Background(), "cluster-node-timeout", millis(timeout)).Err(); err != nil {
			t.Fatalf("redistest: CONFIG SET: %v", err)
		}
	}
}

// StartCluster starts a Cluster whose slots are spread over the masters in
// equal ranges, in order.
func StartCluster(t testing.TB, masters int) *Cluster {
	t.Helper()
	c := &Cluster{}
	for range masters {
		c.Masters = append(c.Masters, Start(t, clusterConfig()...))
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
	c.await(t, "a master did not join the Cluster", "cluster_size:"+strconv.Itoa(masters), c.Masters)
	c.Notices(t, false) // from now on: to join takes as long
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

// AddReplica gives the first master a replica, whose clock is ahead of the machine's.
func (c *Cluster) AddReplica(t testing.TB, ahead time.Duration) *Server {
	t.Helper()
	var replica *Server
	if ahead == 0 {
		replica = Start(t, clusterConfig()...)
	} else {
		replica = StartAskew(t, ahead, clusterConfig()...)
	}
	client, id := replica.Client(t), c.Masters[0].NodeID(t)
	c.meet(t, replica)
	eventually(t, "the replica does not know its master", replica, func(ctx context.Context) bool {
		return client.ClusterReplicate(ctx, id).Err() == nil
	})
	eventually(t, "the replica has no data", replica, func(ctx context.Context) bool {
		return strings.Contains(client.Info(ctx, "replication").Val(), "master_link_status:up")
	})
	for _, m := range c.Masters {
		client := m.Client(t)
		eventually(t, "a master does not know the replica", m, func(ctx context.Context) bool {
			return strings.Contains(client.ClusterNodes(ctx).Val(), "slave "+id)
		})
	}
	c.Notices(t, true)
	return replica
}

// AddMaster starts a master that holds no slots.
func (c *Cluster) AddMaster(t testing.TB) *Server {
	t.Helper()
	added := Start(t, clusterConfig()...)
	c.meet(t, added)
	c.await(t, "a master does not know the others", "cluster_known_nodes:"+strconv.Itoa(len(c.Masters)+1), append(c.Masters, added))
	return added
}

// await waits until each server takes the Cluster for well, and says so of it.
func (c *Cluster) await(t testing.TB, failure, says string, servers []*Server) {
	t.Helper()
	for _, m := range servers {
		client := m.Client(t)
		eventually(t, failure, m, func(ctx context.Context) bool {
			info := client.ClusterInfo(ctx).Val()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, says+"\r")
		})
	}
}

func (c *Cluster) meet(t testing.TB, s *Server) {
	t.Helper()
	if err := s.Client(t).ClusterMeet(context.Background(), "127.0.0.1", strconv.Itoa(c.Masters[0].port)).Err(); err != nil {
		t.Fatalf("redistest: MEET: %v", err)
	}
}

// NodeID returns the name of a server in its Cluster.
func (s *Server) NodeID(t testing.TB) string {
	t.Helper()
	id, err := s.Client(t).ClusterMyID(context.Background()).Result()
	if err != nil {
		t.Fatalf("redistest: MYID: %v", err)
	}
	return id
}

// OpenSlot begins to move a slot from one master to another, and moves the keys that
// are in it.
func (c *Cluster) OpenSlot(t testing.TB, slot int, from, to *Server) {
	t.Helper()
	ctx, f, g := context.Background(), from.Client(t), to.Client(t)
	err := g.Do(ctx, "CLUSTER", "SETSLOT", slot, "IMPORTING", from.NodeID(t)).Err()
	if err == nil {
		err = f.Do(ctx, "CLUSTER", "SETSLOT", slot, "MIGRATING", to.NodeID(t)).Err()
	}
	for _, key := range f.ClusterGetKeysInSlot(ctx, slot, 10_000).Val() {
		if err == nil {
			err = f.Migrate(ctx, "127.0.0.1", strconv.Itoa(to.port), key, 0, time.Second).Err()
		}
	}
	if err != nil {
		t.Fatalf("redistest: moving a slot: %v", err)
	}
}

// CloseSlot ends what OpenSlot began: the servers are told the new holder.
func (c *Cluster) CloseSlot(t testing.TB, slot int, servers ...*Server) {
	t.Helper()
	holder := servers[len(servers)-1].NodeID(t)
	for i := range servers { // the new holder first
		s := servers[len(servers)-1-i]
		if err := s.Client(t).Do(context.Background(), "CLUSTER", "SETSLOT", slot, "NODE", holder).Err(); err != nil {
			t.Fatalf("redistest: SETSLOT: %v", err)
		}
	}
}

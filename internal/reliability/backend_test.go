package reliability

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// backend is where stores are opened.
type backend struct {
	server  *redistest.Server   // of the backend Redis
	servers []*redistest.Server // of the backends Redis and Cluster; none: the data is in this process
	open    func(t testing.TB, ttls store.TTLs) store.LivenessStore

	// survive returns the store that another process opens after the process
	// of s was killed.
	survive func(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore
}

// place is where a story is told.
type place struct {
	name string
	open func(t testing.TB) backend
}

var (
	memory  = place{"memory", func(testing.TB) backend { return inMemory() }}
	file    = place{"bbolt", onBolt}
	server  = place{"redis", func(t testing.TB) backend { return onRedis(t) }}
	masters = place{"cluster", onCluster}
)

// onAll tells a story on every backend at once.
func onAll(t *testing.T, story func(t testing.TB, b backend)) {
	onEach(t, true, story, memory, file, server, masters)
}

// onServers tells a story on Redis and on Cluster, at once.
func onServers(t *testing.T, story func(t testing.TB, b backend)) {
	onEach(t, true, story, server, masters)
}

func onEach(t *testing.T, atOnce bool, story func(t testing.TB, b backend), places ...place) {
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			if atOnce {
				t.Parallel()
			}
			inRealTime(t, func(t testing.TB) { story(t, p.open(t)) })
		})
	}
}

func inMemory() backend {
	return backend{open: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		s, err := memstore.New(memstore.Options{TTLs: ttls})
		return closing(t, s, err)
	}}
}

// onBolt keeps the data in a file. The file as another process finds it after a
// kill is a copy of it.
func onBolt(t testing.TB) backend {
	dir, n := t.TempDir(), 0
	path := filepath.Join(dir, "edge.db")
	open := func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		s, err := boltstore.Open(path, boltstore.Options{TTLs: ttls})
		return closing(t, s, err)
	}
	return backend{open: open, survive: func(t testing.TB, _ store.LivenessStore, ttls store.TTLs) store.LivenessStore {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		n++
		path = filepath.Join(dir, fmt.Sprintf("edge-%d.db", n))
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return open(t, ttls)
	}}
}

// onRedis starts a server. Its stores have a client each, and not the first
// database.
func onRedis(t testing.TB, config ...string) backend {
	server := redistest.Start(t, config...)
	return onServer(server)
}

func onServer(server *redistest.Server) backend {
	return backend{server: server, servers: []*redistest.Server{server}, open: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		return openRedis(t, server.Addr(), ttls)
	}}
}

func openRedis(t testing.TB, addr string, ttls store.TTLs) store.LivenessStore {
	t.Helper()
	const database = 3
	return openURL(t, fmt.Sprintf("redis://%s/%d", addr, database), ttls)
}

// onCluster starts a Cluster of three masters.
func onCluster(t testing.TB) backend {
	const nodes = 3
	c := redistest.StartCluster(t, nodes)
	url := "redis://" + c.Addrs()[0] + "?addr=" + strings.Join(c.Addrs()[1:], "&addr=")
	return backend{servers: c.Masters, open: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		return openURL(t, url, ttls)
	}}
}

func openURL(t testing.TB, url string, ttls store.TTLs) store.LivenessStore {
	t.Helper()
	s, err := redisstore.Open(context.Background(), url, redisstore.Options{TTLs: ttls, Timeout: 10 * time.Second})
	return closing(t, s, err)
}

// closing returns a store that was opened, and is closed with the test.
func closing[S store.LivenessStore](t testing.TB, s S, err error) store.LivenessStore {
	t.Helper()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// calmly is the Interval of monitors that share one machine with many others: the
// default of so short a TTL is a fraction of it.
func calmly(ttls store.TTLs) time.Duration { return ttls.Liveness / 8 }

// replica returns the store as another replica of the platform has it: s itself
// where the data is in this process.
func (b backend) replica(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore {
	t.Helper()
	if len(b.servers) == 0 {
		return s
	}
	return b.open(t, ttls)
}

// survivor returns the store as it is when the process of s was killed.
func (b backend) survivor(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore {
	t.Helper()
	if b.survive != nil {
		return b.survive(t, s, ttls)
	}
	return b.replica(t, s, ttls)
}

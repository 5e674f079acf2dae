package kit

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

// Backend is where stores are opened.
type Backend struct {
	Server  *redistest.Server   // of the backend Redis
	Servers []*redistest.Server // of the backends Redis and Cluster; none: the data is in this process
	Open    func(t testing.TB, ttls store.TTLs) store.LivenessStore

	// survive returns the store that another process opens after the process
	// of s was killed.
	survive func(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore
}

// Place is where a story is told.
type Place struct {
	Name string
	Open func(t testing.TB) Backend
}

// The places where stories are told.
var (
	Memory  = Place{"memory", func(testing.TB) Backend { return InMemory() }}
	File    = Place{"bbolt", OnBolt}
	Redis   = Place{"redis", func(t testing.TB) Backend { return OnRedis(t) }}
	Cluster = Place{"cluster", onCluster}
)

// OnAll tells a story on every backend at once.
func OnAll(t *testing.T, story func(t testing.TB, b Backend)) {
	OnEach(t, true, story, Memory, File, Redis, Cluster)
}

// OnServers tells a story on Redis and on Cluster, at once.
func OnServers(t *testing.T, story func(t testing.TB, b Backend)) {
	OnEach(t, true, story, Redis, Cluster)
}

// OnEach tells a story in each of the places, at once or one after another.
func OnEach(t *testing.T, atOnce bool, story func(t testing.TB, b Backend), places ...Place) {
	for _, p := range places {
		t.Run(p.Name, func(t *testing.T) {
			if atOnce {
				t.Parallel()
			}
			InRealTime(t, func(t testing.TB) { story(t, p.Open(t)) })
		})
	}
}

// InMemory keeps the data in this process.
func InMemory() Backend {
	return Backend{Open: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		s, err := memstore.New(memstore.Options{TTLs: ttls})
		return Closing(t, s, err)
	}}
}

// OnBolt keeps the data in a file. The file as another process finds it after a
// kill is a copy of it.
func OnBolt(t testing.TB) Backend {
	dir, n := t.TempDir(), 0
	path := filepath.Join(dir, "edge.db")
	open := func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		s, err := boltstore.Open(path, boltstore.Options{TTLs: ttls})
		return Closing(t, s, err)
	}
	return Backend{Open: open, survive: func(t testing.TB, _ store.LivenessStore, ttls store.TTLs) store.LivenessStore {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		n++
		path = filepath.Join(dir, fmt.Sprintf("edge-%d.db", n))
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return open(t, ttls)
	}}
}

// OnRedis starts a server. Its stores have a client each, and not the first
// database.
func OnRedis(t testing.TB, config ...string) Backend {
	return OnServer(redistest.Start(t, config...))
}

// OnServer has the stores of OnRedis on a server that was started.
func OnServer(server *redistest.Server) Backend {
	return Backend{Server: server, Servers: []*redistest.Server{server}, Open: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		return OpenRedis(t, server.Addr(), ttls)
	}}
}

// OpenRedis opens a store of OnRedis.
func OpenRedis(t testing.TB, addr string, ttls store.TTLs) store.LivenessStore {
	t.Helper()
	const database = 3
	return openURL(t, fmt.Sprintf("redis://%s/%d", addr, database), ttls)
}

// onCluster starts a Cluster of three masters.
func onCluster(t testing.TB) Backend {
	const nodes = 3
	c := redistest.StartCluster(t, nodes)
	url := "redis://" + c.Addrs()[0] + "?addr=" + strings.Join(c.Addrs()[1:], "&addr=")
	return Backend{Servers: c.Masters, Open: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		return openURL(t, url, ttls)
	}}
}

func openURL(t testing.TB, url string, ttls store.TTLs) store.LivenessStore {
	t.Helper()
	s, err := redisstore.Open(context.Background(), url, redisstore.Options{TTLs: ttls, Timeout: 10 * time.Second})
	return Closing(t, s, err)
}

// Closing returns a store that was opened, and is closed with the test.
func Closing[S store.LivenessStore](t testing.TB, s S, err error) store.LivenessStore {
	t.Helper()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// Replica returns the store as another replica of the platform has it: s itself
// where the data is in this process.
func (b Backend) Replica(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore {
	t.Helper()
	if len(b.Servers) == 0 {
		return s
	}
	return b.Open(t, ttls)
}

// Survivor returns the store as it is when the process of s was killed.
func (b Backend) Survivor(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore {
	t.Helper()
	if b.survive != nil {
		return b.survive(t, s, ttls)
	}
	return b.Replica(t, s, ttls)
}

package redisstore_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store/driver"
)

// open returns a store that is closed with the test.
func open(t testing.TB, url string, o redisstore.Options) *redisstore.Store {
	t.Helper()
	s, err := redisstore.Open(context.Background(), url, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// mini returns a server in this process and a store on it.
func mini(t testing.TB, o redisstore.Options) (*miniredis.Miniredis, *redisstore.Store) {
	t.Helper()
	m := miniredis.RunT(t)
	return m, open(t, "redis://"+m.Addr(), o)
}

// realServer returns a server of its own process and a store on it.
func realServer(t testing.TB, o redisstore.Options, config ...string) (*redistest.Server, *redisstore.Store) {
	t.Helper()
	server := redistest.Start(t, config...)
	return server, open(t, "redis://"+server.Addr(), o)
}

// cluster returns a Cluster of three masters and a store on it.
func cluster(t testing.TB, o redisstore.Options) (*redistest.Cluster, *redisstore.Store) {
	t.Helper()
	c := redistest.StartCluster(t, 3)
	return c, open(t, clusterURL(c), o)
}

func clusterURL(c *redistest.Cluster) string {
	return "redis://" + c.Masters[0].Addr() + "?cluster=true"
}

// raw returns a plain client of the server.
func raw(t testing.TB, addr string) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { c.Close() })
	return c
}

// prefixes gives each store of a suite keys of its own on one server.
type prefixes struct{ n atomic.Int64 }

func (p *prefixes) next() string { return fmt.Sprintf("ws%d:", p.n.Add(1)) }

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// ids returns n ids.
func ids(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("agent-%d", i)
	}
	return all
}

// adopt adopts workspaces of a shard, due at once.
func adopt(t testing.TB, s *redisstore.Store, shard int, ids ...string) {
	t.Helper()
	acknowledged, err := s.Adopt(context.Background(), shard, ids, time.Time{})
	require.NoError(t, err)
	require.Empty(t, acknowledged)
}

// watchFor sweeps a shard until some real time has passed, often enough that no
// grace begins, and returns the ids that were detected.
func watchFor(t testing.TB, s *redisstore.Store, shard int, d time.Duration) (detected []string) {
	t.Helper()
	interval := min(s.Traits().Patience(0)/5, d)
	for end := time.Now().Add(d); ; time.Sleep(interval) {
		sweep, err := s.Sweep(context.Background(), shard, driver.SweepOptions{Interval: interval})
		require.NoError(t, err)
		detected = append(detected, sweep.Detected...)
		if time.Now().After(end) && sweep.Next > 0 {
			return detected
		}
	}
}

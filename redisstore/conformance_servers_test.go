//go:build !race

package redisstore_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/conformance/monitored"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// On real servers time is real: the race detector would be most of what is measured.
func TestConformanceOnServers(t *testing.T) {
	t.Parallel()
	t.Run("standalone", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		h := harness("redis://"+server.Addr()+"/3", 0)
		h.Break = pause(server)
		conformance.Run(t, h)
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		c := redistest.StartCluster(t, 3)
		h := harness(clusterURL(c), 0)
		h.Break = pause(c.Masters...)
		h.Join, h.Lacks = nil, append(h.Lacks, "Harness.Join is nil") // on a standalone server
		conformance.Run(t, h)
	})
}

func TestUnderTheMonitorOnServers(t *testing.T) {
	t.Parallel()
	t.Run("standalone", func(t *testing.T) {
		t.Parallel()
		h := harness("redis://"+redistest.Start(t).Addr(), 0)
		monitored.Run(t, h)
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		h := harness(clusterURL(redistest.StartCluster(t, 3)), 0)
		monitored.Run(t, h)
	})
}

// Whoever runs the suite on a server of theirs can remove what it wrote, and only that.
func TestARunOnServersWritesUnderItsPrefixAlone(t *testing.T) {
	t.Parallel()
	const prefix, leastKeys, leastChecks = "check:", 20, 30
	server := redistest.Start(t)
	url, client, ctx := "redis://"+server.Addr(), raw(t, server.Addr()), t.Context()
	foreign := []string{"check", "checks:1", "ws:agent", "ws:agent:url", "{check}:", "other"}
	for _, key := range foreign {
		require.NoError(t, client.Set(ctx, key, "theirs", 0).Err())
	}
	h := harness(url, 0)
	var stores atomic.Int64
	h.New = func(t testing.TB, ttls store.TTLs) store.LivenessStore {
		return open(t, url, redisstore.Options{TTLs: ttls, Prefix: fmt.Sprintf("%s%d:", prefix, stores.Add(1))})
	}
	h.Reopen, h.Join, h.Only = nil, nil, []string{"C1", "C3", "C5", "C6", "C13", "C14", "R2", "R7", "Lister"}
	results := conformance.Check(ctx, h)
	passed := 0
	for _, r := range results {
		assert.NotEqual(t, conformance.Failed, r.Outcome, "%s: %s", r.Key(), r.Reason)
		if r.Outcome == conformance.Passed {
			passed++
		}
	}
	assert.GreaterOrEqual(t, passed, leastChecks, "checks")

	written := 0
	var left []string
	for keys := client.Scan(ctx, 0, "*", 1000).Iterator(); keys.Next(ctx); {
		if key := keys.Val(); strings.HasPrefix(key, prefix) {
			written++
			require.NoError(t, client.Del(ctx, key).Err())
		} else {
			left = append(left, key)
		}
	}
	assert.GreaterOrEqual(t, written, leastKeys, "keys of the run")
	assert.ElementsMatch(t, foreign, left)
	for _, key := range foreign {
		assert.Equal(t, "theirs", client.Get(ctx, key).Val(), key)
	}
	t.Logf("%d checks wrote %d keys that were left at their end, all under %s", passed, written, prefix)
}

// pause makes the servers stop answering.
func pause(servers ...*redistest.Server) func(testing.TB) func() {
	return func(t testing.TB) func() {
		for _, s := range servers {
			s.Pause(t)
		}
		return func() {
			for _, s := range servers {
				s.Resume(t)
			}
		}
	}
}

package redisstore_test

import (
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

func TestConformance(t *testing.T) {
	t.Run("miniredis", func(t *testing.T) {
		m := miniredis.RunT(t)
		now := time.Now()
		h := harness("redis://" + m.Addr())
		h.Advance = func(d time.Duration) {
			now = now.Add(d)
			m.SetTime(now)
			m.FastForward(d)
		}
		h.Break = func(t testing.TB) func() {
			m.Close()
			return func() { require.NoError(t, m.Restart()) }
		}
		conformance.Run(t, h)
	})

	t.Run("standalone", func(t *testing.T) {
		server := redistest.Start(t)
		h := harness("redis://" + server.Addr() + "/3")
		h.Break = pause(server)
		conformance.Run(t, h)
	})

	t.Run("cluster", func(t *testing.T) {
		c := redistest.StartCluster(t, 3)
		h := harness(clusterURL(c))
		h.Break = pause(c.Masters...)
		conformance.Run(t, h)
	})
}

// harness gives every store a prefix of its own on one server.
func harness(url string) conformance.Harness {
	var unused prefixes
	var made sync.Map // options by store
	open := func(t testing.TB, o redisstore.Options) store.LivenessStore {
		s := open(t, url, o)
		made.Store(store.LivenessStore(s), o)
		return s
	}
	return conformance.Harness{
		Grain: 20 * time.Millisecond,
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			return open(t, redisstore.Options{TTLs: ttls, Prefix: unused.next()})
		},
		Reopen: func(t testing.TB, s store.LivenessStore) store.LivenessStore {
			o, _ := made.Load(s)
			return open(t, o.(redisstore.Options))
		},
	}
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

package redisstore_test

import (
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/conformance/monitored"
	"github.com/molecule-ai/liveness/internal/race"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

func TestConformance(t *testing.T) {
	h := miniHarness(t)
	h.Join, h.Lacks = nil, append(h.Lacks, "Harness.Join is nil") // on a real server
	if race.Enabled {
		h.Only = race.Clauses()
	}
	conformance.Run(t, h)
}

// Here a clock can jump; the other stories are told on servers.
func TestUnderTheMonitor(t *testing.T) {
	t.Parallel()
	monitored.Run(t, miniHarness(t))
}

// miniHarness is of a server in this process, which has a clock of its own.
func miniHarness(t *testing.T) conformance.Harness {
	m := miniredis.RunT(t)
	now := time.Now()
	h := harness("redis://"+m.Addr(), time.Minute) // it interprets scripts, under the race detector too
	h.Short = true                                 // thousands are on real servers
	h.Advance = func(d time.Duration) {
		now = now.Add(d)
		m.SetTime(now)
		m.FastForward(d)
	}
	h.Break = func(t testing.TB) func() {
		m.Close()
		return func() { require.NoError(t, m.Restart()) }
	}
	return h
}

// harness gives every store a prefix of its own on one server. Of timeout 0 is the
// default.
func harness(url string, timeout time.Duration) conformance.Harness {
	var unused prefixes
	var made sync.Map // the options of each store
	open := func(t testing.TB, o redisstore.Options) store.LivenessStore {
		s := open(t, url, o)
		made.Store(s, o)
		return s
	}
	like := func(s store.LivenessStore) redisstore.Options {
		o, _ := made.Load(s)
		return o.(redisstore.Options)
	}
	return conformance.Harness{
		Grain:      20 * time.Millisecond,
		Concurrent: true,
		Lacks:      []string{"the store is never full", "the store forgets no URL before its time"},
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			return open(t, redisstore.Options{TTLs: ttls, Prefix: unused.next(), Timeout: timeout})
		},
		Reopen: func(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore {
			o := like(s)
			o.TTLs = ttls
			return open(t, o)
		},
		Join: func(t testing.TB, s store.LivenessStore) store.LivenessStore { return open(t, like(s)) },
	}
}

package transfer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/cmd/liveness/internal/transfer"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// ttls are long: nothing ends while the test goes on.
func ttls() store.TTLs { return store.TTLs{Liveness: time.Hour, URL: 2 * time.Hour} }

// A store goes from Redis to a file, interrupted and resumed, to memory and to
// another Redis. With LIVENESS_FULL=1 it has 100,000 workspaces.
func TestRoundTrip(t *testing.T) {
	n := 3_000
	if os.Getenv("LIVENESS_FULL") == "1" {
		n = 100_000
	}
	ctx := t.Context()
	url := "redis://" + redistest.Start(t).Addr()
	path := filepath.Join(t.TempDir(), "edge.db")
	first := openRedis(t, url, "first:")
	populate(t, first, n)
	wantDeaths := deaths(t, first)
	require.Len(t, wantDeaths, n/10)

	file := openBolt(t, path)
	half, interrupt := context.WithCancel(ctx)
	tally, err := transfer.Copy(half, first, file, func(c transfer.Tally) {
		if c.Workspaces >= n/2 {
			interrupt()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.GreaterOrEqual(t, tally.Workspaces, n/2)
	require.Less(t, tally.Workspaces, n)
	t.Logf("redis → bolt: interrupted after %d workspaces", tally.Workspaces)
	require.NoError(t, file.Close())
	file = openBolt(t, path)
	memory, err := memstore.New(memstore.Options{TTLs: ttls(), MaxURLs: n})
	require.NoError(t, err)
	t.Cleanup(func() { memory.Close() })
	last := openRedis(t, url, "last:")

	held := time.Duration(0) // by this machine, which may be busy
	stores := []struct {
		name string
		s    store.LivenessStore
	}{{"redis", first}, {"bolt", file}, {"memory", memory}, {"redis", last}}
	for i, to := range stores[1:] {
		from := stores[i]
		tally, err := transfer.Copy(ctx, from.s, to.s, func(transfer.Tally) {})
		require.NoError(t, err)
		require.Equal(t, n, tally.Workspaces)
		held += tally.Longest
		t.Logf("%s → %s: %d workspaces, %d online, %d dead, %d URLs in %v; a record was %v under way at most",
			from.name, to.name, tally.Workspaces, tally.Online, tally.Dead, tally.URLs, tally.Took.Round(time.Millisecond), tally.Longest.Round(time.Millisecond))
	}
	for _, to := range stores[1:] {
		report, err := transfer.Verify(ctx, first, to.s, transfer.Tolerance+held, func(int) {})
		require.NoError(t, err)
		t.Logf("redis against %s: %d the same, at most %v apart", to.name, report.Same, report.Farthest)
		require.Empty(t, report.Differences)
		require.Equal(t, n, report.Same, "of which %d are later", report.Later)
		require.Zero(t, report.Extra)
		require.Equal(t, wantDeaths, deaths(t, to.s), "each death is there once, with its attempts")
	}
}

func openRedis(t *testing.T, url, prefix string) store.LivenessStore {
	s, err := redisstore.Open(t.Context(), url, redisstore.Options{TTLs: ttls(), Prefix: prefix, Timeout: time.Minute})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func openBolt(t *testing.T, path string) store.LivenessStore {
	s, err := boltstore.Open(path, boltstore.Options{TTLs: ttls()})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// populate makes n workspaces, each with a life of its own: a tenth is dead, half of
// them by order and half handed out before, and two thirds have URLs.
func populate(t *testing.T, s store.LivenessStore, n int) {
	r, ok := store.As[driver.Restorer](s)
	require.True(t, ok)
	var batch []driver.Record
	for i := range n {
		if batch = append(batch, workspace(i)); len(batch) == 1000 || i == n-1 {
			require.NoError(t, r.Restore(t.Context(), batch))
			batch = batch[:0]
		}
	}
	for i := 0; i < n; i += 20 {
		require.NoError(t, store.Expire(t.Context(), s, id(i)))
	}
}

func id(i int) string { return fmt.Sprintf("agent-%d", i) }

func workspace(i int) driver.Record {
	r := driver.Record{ID: id(i)}
	if i%20 == 10 {
		ago := time.Duration(i) * time.Second
		r.Death = &driver.DeathRecord{Ago: ago, Since: 2 * ago, Attempt: i%7 + 1}
	} else {
		r.Remaining = 30*time.Minute + time.Duration(i)*time.Millisecond
	}
	if i%3 > 0 {
		r.URL = driver.CachedURL{URL: "https://" + r.ID + ".example.com", Remaining: time.Hour}
		r.InternalURL = driver.CachedURL{URL: fmt.Sprintf("http://10.0.0.%d:%d", i%256, i%60_000+1), Remaining: 2 * time.Hour}
	}
	return r
}

// deaths returns how often each pending death was handed out.
func deaths(t *testing.T, s store.LivenessStore) map[string]int {
	r, ok := store.As[interface {
		driver.Reaper
		driver.Reconciler
	}](s)
	require.True(t, ok)
	attempts := map[string]int{}
	for shard := range r.Traits().Shards {
		for p, err := range r.Deaths(t.Context(), shard) {
			require.NoError(t, err)
			require.NotContains(t, attempts, p.ID)
			attempts[p.ID] = p.Attempt
		}
	}
	return attempts
}

package redisstore_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestRestore(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	adopted := driver.Record{ID: "a", Death: &driver.DeathRecord{Ago: -time.Minute, Since: -time.Minute, Delay: lease, Adopted: true}}

	t.Run("a death by Adopt is not ready before it is due, whatever its delay", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		require.NoError(t, w.Restore(ctx, []driver.Record{adopted}))
		w.pass(lease + time.Second)
		w.sweepAll()
		w.claim()
		w.pass(lease)
		w.sweepAll()
		w.claim("a")
	})

	t.Run("the delay of a death outlasts a lease that the store knows", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a")
		w.claim("a")
		require.NoError(t, w.Clear(ctx, "a"))
		require.NoError(t, w.Restore(ctx, []driver.Record{{ID: "a", Death: &driver.DeathRecord{Delay: 2 * lease}}}))
		w.pass(lease + time.Second)
		w.sweepAll()
		w.claim()
		w.pass(lease)
		w.sweepAll()
		w.claim("a")
	})

	t.Run("a lease without a record does not stop it", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a", "b")
		w.claim("a", "b")
		w.old().do("DEL", "ws::info")
		require.NoError(t, w.Restore(ctx, []driver.Record{{ID: "a", Death: &driver.DeathRecord{}}}))
	})

	t.Run("a life withdrawn before 1970 began is one withdrawn long ago", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		require.NoError(t, w.Restore(ctx, []driver.Record{{ID: "a", Remaining: time.Minute, Withdrawn: 60 * 365 * 24 * time.Hour}}))
		for r, err := range w.Dump(ctx) {
			require.NoError(t, err)
			require.Positive(t, r.Withdrawn)
		}
	})

	t.Run("an empty URL of another program is none", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		require.NoError(t, w.SetOnline(ctx, "a"))
		w.old().do("SET", "ws:a:url", "", "EX", "300")
		for r, err := range w.Dump(ctx) {
			require.NoError(t, err)
			require.Zero(t, r.URL)
			require.NoError(t, w.Restore(ctx, []driver.Record{r}))
		}
	})

	t.Run("a URL without a TTL stays", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.old().do("SET", "ws:a:url", "http://old")
		require.NoError(t, w.Restore(ctx, []driver.Record{{ID: "a", URL: driver.CachedURL{URL: "http://new", Remaining: time.Minute}}}))
		url, err := w.GetCachedURL(ctx, "a")
		require.NoError(t, err)
		require.Equal(t, "http://old", url)
	})
}

// What Dump yields, Restore takes in, whatever clocks and other programs have done.
func TestDump(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, spoil := range map[string]func(w *watched){
		"the clock is put back":                 func(w *watched) { w.die("a"); w.step(-time.Hour) },
		"another program writes a long TTL":     func(w *watched) { w.old().do("SET", "ws:a", "online", "EX", 99_999_999) },
		"another program caches a URL for long": func(w *watched) { w.old().do("SET", "ws:a:url", "http://a", "EX", 99_999_999) },
	} {
		t.Run(name, func(t *testing.T) {
			w := watch(t, redisstore.Options{})
			spoil(w)
			n := 0
			for r, err := range w.Dump(ctx) {
				require.NoError(t, err)
				require.NoError(t, driver.CheckRecords(ctx, "Restore", []driver.Record{r}))
				require.LessOrEqual(t, r.Remaining, store.MaxTTL)
				n++
			}
			require.Equal(t, 1, n)
		})
	}
}

// A time that time.Duration cannot hold is reported as the longest.
func TestAForeignTTLOfAnyLengthIsRead(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := redistest.Start(t)
	s, err := redisstore.Open(ctx, "redis://"+server.Addr(), redisstore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	const longer = math.MaxInt64/int64(time.Millisecond) + 1<<32
	require.NoError(t, server.Client(t).Do(ctx, "SET", "ws:a", "online", "PX", longer).Err())

	st, err := s.Lookup(ctx, "a")
	require.NoError(t, err)
	require.Positive(t, st.Remaining)
	for st, err := range s.Online(ctx) {
		require.NoError(t, err)
		require.Positive(t, st.Remaining)
	}
	seen, err := s.Look(ctx, []string{"a"})
	require.NoError(t, err)
	require.Positive(t, seen[0].Remaining)
	for r, err := range s.Dump(ctx) {
		require.NoError(t, err)
		require.NoError(t, driver.CheckRecords(ctx, "Restore", []driver.Record{r}))
	}
}

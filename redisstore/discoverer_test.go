package redisstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// passTime is how long a pass may take.
const passTime = ttl / 2

// searchAll searches through everything, waiting as told, and returns how long that
// took by the server's clock.
func (w *watched) searchAll() time.Duration {
	w.t.Helper()
	const most = 1000
	began := w.now
	for range most {
		d, err := w.Discover(context.Background(), passTime)
		require.NoError(w.t, err)
		if d.LastPass.After(began) {
			return w.now.Sub(began)
		}
		w.pass(max(time.Millisecond, d.Wait))
		w.sweep()
	}
	w.t.Fatalf("no pass in %d steps", most)
	return 0
}

func (w *watched) online() int {
	w.t.Helper()
	return w.sweep().Online
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	ctx := context.Background()

	t.Run("one pass finds a fleet of the old code, in time", func(t *testing.T) {
		const fleet = 3000
		w := watch(t, redisstore.Options{})
		for _, id := range ids(fleet) {
			require.NoError(t, w.server.Set("ws:"+id, "online"))
			w.server.SetTTL("ws:"+id, ttl)
			require.NoError(t, w.server.Set("ws:"+id+":url", "http://a"))
		}
		require.Zero(t, w.online())
		require.LessOrEqual(t, w.searchAll(), passTime)
		require.Equal(t, fleet, w.online())
		w.pass(ttl)
		found := 0
		for more := true; more; {
			s := w.sweep()
			found += len(s.Detected)
			more = s.Next == 0
		}
		require.Equal(t, fleet, found)
	})

	t.Run("passes follow one another in time", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.searchAll()
		for range 3 {
			require.LessOrEqual(t, w.searchAll(), passTime)
		}
	})

	t.Run("it lowers a deadline that is too late", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		require.NoError(t, w.SetOnline(ctx, "a"))
		require.NoError(t, w.SetOnline(ctx, "b"))
		w.old().do("EXPIRE", "ws:a", 100)
		end := w.now.Add(100 * time.Second)
		w.searchAll()
		w.pass(end.Sub(w.now))
		require.Equal(t, []string{"a"}, w.sweep().Detected)
	})

	t.Run("it ends the death of who came back, and makes none", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a", "b")
		w.old().do("SET", "ws:a", "online", "EX", 600)
		w.searchAll()
		w.claim("b")
		require.Equal(t, 1, w.online())
	})

	t.Run("what has no TTL is given one", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.old().do("SET", "ws:a", "online")
		w.searchAll()
		require.Equal(t, 1, w.online())
		require.Positive(t, w.server.TTL("ws:a"))
	})

	t.Run("one searches, the others wait", func(t *testing.T) {
		const searchers, rounds = 4, 3
		server, first := realServer(t, redisstore.Options{})
		all := []*redisstore.Store{first}
		for len(all) < searchers {
			all = append(all, open(t, "redis://"+server.Addr(), redisstore.Options{}))
		}
		for range rounds {
			for _, s := range all {
				d, err := s.Discover(ctx, time.Hour)
				require.NoError(t, err)
				require.Positive(t, d.Wait)
				require.False(t, d.LastPass.IsZero(), "a pass of one step")
			}
		}
		require.Equal(t, rounds, server.Commands(t, "scan"))
	})

	t.Run("another takes over from one who stopped", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		other := open(t, "redis://"+w.server.Addr(), redisstore.Options{})
		searcher := func(by *redisstore.Store) string {
			_, err := by.Discover(ctx, passTime)
			require.NoError(t, err)
			name, _, _ := strings.Cut(w.server.HGet("ws::info", ":search"), "|")
			return name
		}
		one := searcher(w.Store)
		w.pass(passTime/4 - time.Millisecond)
		require.Equal(t, one, searcher(other))
		w.pass(time.Millisecond)
		two := searcher(other)
		require.NotEqual(t, one, two)
		require.Equal(t, two, searcher(w.Store))
	})

	t.Run("a lost index is found again, with either layout", func(t *testing.T) {
		for _, layout := range []redisstore.Layout{redisstore.LayoutFlat, redisstore.LayoutTagged} {
			m, s := mini(t, redisstore.Options{Layout: layout})
			index := map[redisstore.Layout]string{redisstore.LayoutFlat: "ws::deadlines", redisstore.LayoutTagged: "ws::{44}:deadlines"}[layout]
			shard := map[redisstore.Layout]int{redisstore.LayoutTagged: 44}[layout]
			search := func() {
				t.Helper()
				require.Eventually(t, func() bool {
					d, err := s.Discover(ctx, time.Second)
					require.NoError(t, err)
					return time.Since(d.LastPass) < 500*time.Millisecond
				}, 10*time.Second, 10*time.Millisecond)
			}
			require.NoError(t, s.SetOnline(ctx, "a"))
			search()
			m.Del(index)
			search()
			sweep, err := s.Sweep(ctx, shard, driver.SweepOptions{Interval: time.Second})
			require.NoError(t, err)
			require.Equal(t, 1, sweep.Online, layout)
		}
	})

	t.Run("a time that a pass cannot take is refused", func(t *testing.T) {
		_, s := mini(t, redisstore.Options{})
		_, err := s.Discover(ctx, 0)
		require.ErrorIs(t, err, store.ErrInvalid)
		require.NoError(t, s.Close())
		_, err = s.Discover(ctx, time.Second)
		require.ErrorIs(t, err, store.ErrClosed)
	})
}

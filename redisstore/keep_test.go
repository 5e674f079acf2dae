package redisstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/redisstore"
)

func TestKeepDeaths(t *testing.T) {
	ctx := context.Background()
	const keep = time.Hour

	t.Run("what nobody looks for is dropped by those who come", func(t *testing.T) {
		const dead, callers = 100, 12
		w := watch(t, redisstore.Options{KeepDeaths: keep})
		for _, id := range ids(dead) {
			require.NoError(t, w.SetOnline(ctx, id))
		}
		for range 2 { // they find who is dead, and that it is for so long
			w.gap(ttl + keep)
			for i := range callers {
				require.NoError(t, w.SetOnline(ctx, fmt.Sprint("new-", i)))
			}
		}
		s := w.sweep()
		require.EqualValues(t, dead, s.Dropped)
		require.Empty(t, s.Detected)
		require.Equal(t, callers, s.Online)
	})

	for name, swept := range map[string]bool{"before a long time without a sweep": true, "before the first sweep": false} {
		t.Run("one that dies shortly "+name+" is a death", func(t *testing.T) {
			w := &watched{t: t, now: time.UnixMilli(1_800_000_000_000)}
			w.server, w.Store = mini(t, redisstore.Options{KeepDeaths: keep})
			w.server.SetTime(w.now)
			if swept {
				w.sweep()
			}
			require.NoError(t, w.SetOnline(ctx, "dies"))
			for range 3 * keep / (ttl / 2) {
				w.gap(ttl / 2)
				require.NoError(t, w.RefreshTTL(ctx, "dies"))
				require.NoError(t, w.SetOnline(ctx, "comes"))
			}
			died := w.now.Add(ttl)
			w.gap(ttl)
			require.NoError(t, w.SetOnline(ctx, "comes"))
			w.gap(time.Second)
			require.Zero(t, w.sweep().Dropped)
			w.pass(ttl)
			require.NoError(t, w.SetOnline(ctx, "comes"))
			require.Zero(t, w.sweep().Dropped)
			d := w.claim("dies")[0]
			require.WithinRange(t, d.Deadline, died.Add(-ttl), died)
			require.Equal(t, d.Deadline, d.Since)
		})
	}

	t.Run("what was found and nobody claims is dropped", func(t *testing.T) {
		w := watch(t, redisstore.Options{KeepDeaths: keep})
		w.die("claimed")
		held := w.begin("claimed")
		_, err := w.Release(ctx, held, 0)
		require.NoError(t, err)
		w.die("unclaimed")
		w.pass(keep - time.Millisecond)
		require.Zero(t, w.sweep().Dropped)
		w.pass(time.Millisecond)
		require.EqualValues(t, 1, w.sweep().Dropped)
		w.pass(keep)
		require.EqualValues(t, 1, w.sweep().Dropped)
		w.claim("claimed")
	})

	t.Run("the index is as large as the living", func(t *testing.T) {
		const dead = 700
		w := watch(t, redisstore.Options{KeepDeaths: keep})
		for _, id := range ids(dead) {
			require.NoError(t, w.SetOnline(ctx, id))
		}
		w.pass(ttl)
		w.sweepAll()
		w.pass(keep)
		require.NoError(t, w.SetOnline(ctx, "alive"))
		w.sweepAll()
		require.EqualValues(t, dead, w.sweep().Dropped)
		for key, names := range map[string][]string{"ws::deadlines": {":ahead", ":allowed", ":grace", ":tick", "alive"}, "ws::ready": nil, "ws::fresh": nil} {
			members, _ := w.server.ZMembers(key) // an empty one is no key
			require.ElementsMatch(t, names, members, key)
		}
		fields, err := w.server.HKeys("ws::info")
		require.NoError(t, err)
		require.Equal(t, []string{":dropped"}, fields)
	})
}

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
		w.pass(ttl + keep)
		for i := range callers {
			require.NoError(t, w.SetOnline(ctx, fmt.Sprint("new-", i)))
		}
		s := w.sweep()
		require.EqualValues(t, dead, s.Dropped)
		require.Empty(t, s.Found)
		require.Equal(t, callers, s.Online)
	})

	t.Run("what was found and nobody claims is dropped", func(t *testing.T) {
		w := watch(t, redisstore.Options{KeepDeaths: keep})
		w.die("claimed")
		held := w.claim("claimed")
		_, err := w.PutBack(ctx, held[0], 0)
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
		w.sweep()
		w.sweep()
		w.pass(keep)
		require.NoError(t, w.SetOnline(ctx, "alive"))
		w.sweep()
		require.EqualValues(t, dead, w.sweep().Dropped)
		for key, names := range map[string][]string{"ws::due": {":grace", ":tick", ":ttl", "alive"}, "ws::dead": nil, "ws::late": nil} {
			members, _ := w.server.ZMembers(key) // an empty one is no key
			require.ElementsMatch(t, names, members, key)
		}
		fields, err := w.server.HKeys("ws::info")
		require.NoError(t, err)
		require.Equal(t, []string{":ahead", ":dropped"}, fields)
	})
}

func TestSweepIsBounded(t *testing.T) {
	const batch, dead = 500, 1200
	ctx := context.Background()
	w := watch(t, redisstore.Options{})
	for _, id := range ids(dead) {
		require.NoError(t, w.SetOnline(ctx, id))
	}
	w.pass(ttl)
	for _, want := range []int{batch, batch, dead - 2*batch} {
		s := w.sweep()
		require.Len(t, s.Found, want)
		require.Equal(t, want == batch, s.Next == 0)
	}
	require.Equal(t, dead, w.sweep().Waiting)
}

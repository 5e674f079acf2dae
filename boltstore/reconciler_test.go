package boltstore

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestADeathByAdoptIsHandedOutWithoutTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		path := newPath(t)
		s := box(t, path, Options{})
		watch(t, s, lifetime)
		_, err := s.Adopt(ctx, 0, []string{"acknowledged", "withdrawn", "pending"}, time.Now())
		require.NoError(t, err)
		for _, d := range claim(t, s, 10) {
			require.Equal(t, driver.Held, begun(t, s, d))
			switch d.ID {
			case "acknowledged":
				require.True(t, acknowledged(t, s, d))
			case "withdrawn":
				require.True(t, withdrawn(t, s, d))
			}
		}
		recent, err := s.Adopt(ctx, 0, []string{"acknowledged", "withdrawn"}, time.Now())
		require.NoError(t, err)
		require.Equal(t, []string{"acknowledged"}, recent)
		path = crashed(t, s, path)
		s = box(t, path, Options{})
		require.True(t, online(t, s, "withdrawn"))
		require.False(t, s.memory.roster.Knows("pending"))
	})
}

func TestForgetIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		path := newPath(t)
		s := box(t, path, Options{})
		for _, d := range dead(t, s, "forgotten", "leased", "handed-out") {
			switch d.ID {
			case "forgotten":
				_, err := s.Release(ctx, d, time.Hour)
				require.NoError(t, err)
			case "handed-out":
				require.Equal(t, driver.Held, begun(t, s, d))
			}
		}
		list := []string{"forgotten", "leased", "handed-out", "alive", "unknown"}
		for _, id := range list {
			require.NoError(t, s.CacheURL(ctx, id, someURL))
		}
		require.NoError(t, s.SetOnlineFor(ctx, "alive", time.Hour))
		require.NoError(t, s.Forget(ctx, list))
		require.NoError(t, s.Forget(ctx, nil))
		for i := range 2 {
			path = crashed(t, s, path)
			s = box(t, path, Options{})
			require.True(t, online(t, s, "alive"))
			for _, id := range list {
				gone := id == "forgotten" || id == "unknown"
				require.Equal(t, gone || i > 0, len(urlsOf(t, s, id)) == 0, id)
			}
			watch(t, s, 15*time.Second) // a crash forgot when it was last heard from
			watchOutGrace(t, s)
			require.ElementsMatch(t, []string{"leased", "handed-out"}, idsOf(claim(t, s, 10)))
			time.Sleep(store.DefaultURLTTL)
		}
	})
}

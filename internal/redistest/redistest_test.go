package redistest_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
)

func TestServer(t *testing.T) {
	ctx := context.Background()

	t.Run("it keeps its address and its disk when it is killed and restarted", func(t *testing.T) {
		s := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
		addr := s.Addr()
		require.NoError(t, s.Client(t).Set(ctx, "a", "1", 0).Err())
		s.Kill()
		require.Error(t, s.Client(t).Ping(ctx).Err())
		s.Restart(t)
		require.Equal(t, addr, s.Addr())
		require.Equal(t, "1", s.Client(t).Get(ctx, "a").Val())
	})

	t.Run("it answers nothing while it is paused", func(t *testing.T) {
		s := redistest.Start(t)
		c := s.Client(t)
		require.NoError(t, c.Ping(ctx).Err())
		s.Pause(t)
		brief, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		require.Error(t, c.Ping(brief).Err())
		s.Resume(t)
		require.NoError(t, c.Ping(ctx).Err())
	})

	t.Run("it counts commands", func(t *testing.T) {
		s := redistest.Start(t)
		for range 3 {
			require.NoError(t, s.Client(t).Set(ctx, "a", "1", 0).Err())
		}
		require.Equal(t, 3, s.Commands(t, "set"))
		require.Equal(t, 0, s.Commands(t, "del"))
	})
}

func TestClusterServesAllSlots(t *testing.T) {
	c := redistest.StartCluster(t, 3)
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.Addrs()})
	defer client.Close()
	for i := range 100 {
		require.NoError(t, client.Set(context.Background(), string(rune('a'+i)), i, 0).Err())
	}
	for _, m := range c.Masters {
		require.Positive(t, m.Commands(t, "set"))
	}
}

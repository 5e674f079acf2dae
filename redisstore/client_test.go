package redisstore_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

func TestAnApplicationSharesItsClient(t *testing.T) {
	ctx := context.Background()

	t.Run("with a store that has nothing to complain of", func(t *testing.T) {
		server := redistest.Start(t)
		var log strings.Builder
		o := redisstore.Options{Timeout: time.Minute, Logger: slog.New(slog.NewTextHandler(&log, nil))}
		client, err := redisstore.NewClient("redis://"+server.Addr(), o)
		require.NoError(t, err)
		t.Cleanup(func() { client.Close() })
		s, err := redisstore.New(client, o)
		require.NoError(t, err)
		require.Empty(t, log.String())
		require.NoError(t, s.SetOnline(ctx, "a"))
		require.NoError(t, client.Set(ctx, "jobs", "7", 0).Err())

		server.Kill()
		require.ErrorIs(t, s.SetOnline(ctx, "a"), store.ErrUnavailable)
		require.Error(t, client.Get(ctx, "jobs").Err())
		server.Restart(t)
		require.NoError(t, client.Set(ctx, "jobs", "8", 0).Err(), "the first command after an outage")
		require.NoError(t, s.SetOnline(ctx, "a"))

		require.NoError(t, s.Close())
		jobs, err := client.Get(ctx, "jobs").Result()
		require.NoError(t, err, "the store has closed a client that is not its own")
		require.Equal(t, "8", jobs)
	})

	t.Run("of the kind that the URL names", func(t *testing.T) {
		for url, want := range map[string]redis.UniversalClient{
			"redis://localhost":                &redis.Client{},
			"redis://localhost?master_name=m":  &redis.Client{},
			"redis://localhost?cluster=true":   &redis.ClusterClient{},
			"unix:///run/redis.sock?db=3":      &redis.Client{},
			"rediss://user:secret@localhost/1": &redis.Client{},
		} {
			client, err := redisstore.NewClient(url, redisstore.Options{})
			require.NoError(t, err, url)
			require.IsType(t, want, client, url)
			require.NoError(t, client.Close())
		}
	})

	t.Run("not by a URL or options that cannot be used", func(t *testing.T) {
		_, err := redisstore.NewClient("http://user:secret@localhost", redisstore.Options{})
		require.ErrorIs(t, err, store.ErrInvalid)
		require.NotContains(t, err.Error(), "secret")
		_, err = redisstore.NewClient("redis://localhost", redisstore.Options{Timeout: -1})
		require.ErrorIs(t, err, store.ErrInvalid)
	})
}

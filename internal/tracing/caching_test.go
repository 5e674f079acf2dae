package tracing

import (
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
)

// A cache would keep a workspace online after its deadline: it is told of a key that
// expires when the server finds it.
func TestNoCacheOfTheClientAnswersForTheStore(t *testing.T) {
	const calls = 10
	server := redistest.Start(t)
	client := redis.NewClient(&redis.Options{
		Addr: server.Addr(), ContextTimeoutEnabled: true, ClientSideCacheConfig: &redis.ClientSideCacheConfig{},
	})
	t.Cleanup(func() { _ = client.Close() })
	for range calls {
		client.Exists(t.Context(), "other")
	}
	require.Less(t, server.Commands(t, "exists"), calls, "the client does not cache, so nothing is shown")

	s, err := redisstore.New(client, redisstore.Options{})
	require.NoError(t, err)
	require.NoError(t, s.SetOnline(t.Context(), "a"))
	before := server.Commands(t, "exists")
	for range calls {
		online, err := s.IsOnline(t.Context(), "a")
		require.NoError(t, err)
		require.True(t, online)
	}
	require.Equal(t, calls, server.Commands(t, "exists")-before)
}

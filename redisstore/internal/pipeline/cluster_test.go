package pipeline

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
)

// It fails if a server is closed twice, which ends the process.
func TestCloseWhileAMasterIsReplaced(t *testing.T) {
	ctx := context.Background()
	first, second := redistest.Start(t), redistest.Start(t)
	var asked atomic.Int64
	known := make(chan struct{})
	client := redis.NewClusterClient(&redis.ClusterOptions{
		MaxRetries: -1, ContextTimeoutEnabled: true,
		ClusterSlots: func(context.Context) ([]redis.ClusterSlot, error) {
			master := first
			if asked.Add(1) > 1 {
				<-known
				master = second
			}
			return []redis.ClusterSlot{{End: 16_383, Nodes: []redis.ClusterNode{{Addr: master.Addr()}}}}, nil
		},
	})
	transport := closing(t, NewCluster(client, options()), client)
	require.NoError(t, transport.do(ctx, To("k", "incr", "k")))
	reloaded := transport.topology.reload()
	require.Eventually(t, func() bool { return asked.Load() > 1 }, enough, time.Millisecond)
	time.AfterFunc(20*time.Millisecond, func() { close(known) })
	transport.Close(transport.Limit(ctx))
	<-reloaded
	require.ErrorIs(t, transport.do(ctx, To("k", "incr", "k")), ErrClosed)
}

// The node that is asked second does not answer. The client has the old answer then.
func TestMastersAreThoseOfAnAnswer(t *testing.T) {
	ctx := context.Background()
	first, second := redistest.Start(t), redistest.Start(t)
	var asked, silent atomic.Int64
	silent.Store(1)
	client := redis.NewClusterClient(&redis.ClusterOptions{
		MaxRetries: -1, ContextTimeoutEnabled: true,
		ClusterSlots: func(ctx context.Context) ([]redis.ClusterSlot, error) {
			half := []redis.ClusterSlot{{End: 8_191, Nodes: []redis.ClusterNode{{Addr: first.Addr()}}}}
			if asked.Add(1) == 1 {
				return half, nil
			}
			if silent.Add(-1) >= 0 {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return append(half, redis.ClusterSlot{Start: 8_192, End: 16_383, Nodes: []redis.ClusterNode{{Addr: second.Addr()}}}), nil
		},
	})
	transport := closing(t, NewCluster(client, options()), client)
	require.NoError(t, transport.Ready(transport.Limit(ctx)))
	limit := Limit{ctx, time.Now().Add(enough), nil}
	masters, err := transport.Masters(limit)
	require.NoError(t, err)
	require.Len(t, masters, 2)
	silent.Store(1_000)
	_, err = transport.Masters(limit)
	require.Error(t, err)
}

func TestAddressesThatRedisWrites(t *testing.T) {
	for wrote, want := range map[string]string{
		"127.0.0.1:6379": "127.0.0.1:6379",
		"redis:6379":     "redis:6379",
		"fd00::1:6379":   "[fd00::1]:6379",
		"[fd00::1]:6379": "[fd00::1]:6379",
		":6379":          ":6379",
	} {
		require.Equal(t, want, hostPort(wrote))
	}
}

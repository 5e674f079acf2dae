package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// TestABatchServesTheHealthyServers fails if the first page that fails ends the
// call.
func TestABatchServesTheHealthyServers(t *testing.T) {
	t.Parallel()
	healthyAreServed(t, (*redisstore.Store).RefreshMany)
}

func TestABatchThatEndsWithTheFirstFailureIsFound(t *testing.T) {
	t.Parallel()
	attempt.Found(t, "the workspaces of two servers of three", func(a *attempt.T) {
		healthyAreServed(a, func(s *redisstore.Store, ctx context.Context, ids []string) ([]bool, error) {
			for _, id := range ids {
				if err := s.RefreshTTL(ctx, id); err != nil {
					return nil, err
				}
			}
			return nil, nil
		})
	})
}

// healthyAreServed refreshes a fleet of which one server of three is away.
func healthyAreServed(t testing.TB, refresh func(s *redisstore.Store, ctx context.Context, ids []string) ([]bool, error)) {
	const fleet = 3000
	ctx := context.Background()
	c, s := cluster(t, redisstore.Options{
		Timeout: time.Second,
		TTLs:    store.TTLs{Liveness: time.Minute, For: func(string) time.Duration { return time.Hour }},
	})
	all := ids(fleet)
	for _, id := range all {
		require.NoError(t, store.SetOnlineFor(ctx, s, id, 10*time.Minute))
	}
	c.Masters[1].Pause(t)
	answers, err := refresh(s, ctx, all)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.Nil(t, answers)
	c.Masters[1].Resume(t)

	// One hour is what RefreshMany grants.
	refreshed := 0
	for status, err := range s.Online(ctx) {
		require.NoError(t, err)
		if status.Remaining > 30*time.Minute {
			refreshed++
		}
	}
	require.Greater(t, refreshed, fleet/2, "the workspaces of two servers of three")
	require.Less(t, refreshed, fleet, "one server was away")
	board.Row(t, "Cluster: one shard does not answer", board.Figures{Operations: refreshed, Faults: 1, FloorOperations: fleet / 2, FloorFaults: 1})
}

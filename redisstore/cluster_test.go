package redisstore_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
)

func TestCluster(t *testing.T) {
	t.Parallel()
	const fleet = 500
	ctx := context.Background()
	c, s := cluster(t, redisstore.Options{})
	for _, id := range ids(fleet) {
		require.NoError(t, s.SetOnline(ctx, id))
	}

	t.Run("every master holds a share, and lists have all", func(t *testing.T) {
		for _, m := range c.Masters {
			require.Positive(t, m.Commands(t, "set"))
		}
		n, err := s.Count(ctx)
		require.NoError(t, err)
		require.Equal(t, fleet, n)
		var listed []string
		for status, err := range s.Online(ctx) {
			require.NoError(t, err)
			listed = append(listed, status.ID)
		}
		require.ElementsMatch(t, ids(fleet), listed)
		refreshed, err := s.RefreshMany(ctx, ids(fleet))
		require.NoError(t, err)
		require.NotContains(t, refreshed, false)
	})

	t.Run("callers notice nothing while slots move", func(t *testing.T) {
		slotsMove(t, c, s, fleet, func(int) {})
	})

	t.Run("a slot that is moving refers to the server that it moves to", func(t *testing.T) {
		from, to := c.Masters[2], c.Masters[0]
		key := from.Client(t).Keys(ctx, "ws:{*").Val()[0]
		slot := int(from.Client(t).ClusterKeySlot(ctx, key).Val())
		_, id, _ := strings.Cut(key, "}")
		c.OpenSlot(t, slot, from, to)
		before := to.Commands(t, "asking")
		require.NoError(t, s.RefreshTTL(ctx, id))
		online, err := s.IsOnlineMany(ctx, []string{id, id, id})
		require.NoError(t, err)
		require.Equal(t, []bool{true, true, true}, online)
		require.Equal(t, 4, to.Commands(t, "asking")-before)
		c.CloseSlot(t, slot, from, to)
	})

	t.Run("a master that does not answer leaves the others at work", func(t *testing.T) {
		c.Masters[1].Pause(t)
		defer c.Masters[1].Resume(t)
		served := 0
		for _, id := range ids(60) {
			err := s.RefreshTTL(within(t, 50*time.Millisecond), id)
			if err == nil {
				served++
				continue
			}
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		require.Positive(t, served)
		require.Less(t, served, 60)
		board.Row(t, "Cluster: one shard does not answer", board.Figures{Operations: served, Faults: 1, FloorOperations: 10, FloorFaults: 1})
	})
}

// slotsMove moves all slots of a master to another one, under callers. Before a slot moves,
// spoil may change it.
func slotsMove(t testing.TB, c *redistest.Cluster, s *redisstore.Store, fleet int, spoil func(slot int)) {
	const callers, each, leastMoved = 8, 32, 10
	ctx := context.Background()
	stop := make(chan struct{})
	var calls atomic.Int64
	var all sync.WaitGroup
	for i := range callers {
		id := ids(fleet)[i]
		all.Go(func() {
			for !t.Failed() {
				select {
				case <-stop:
					return
				default:
				}
				if err := s.RefreshTTL(ctx, id); err != nil {
					t.Error(err)
				}
				if online, err := s.IsOnline(ctx, id); !online || err != nil {
					t.Errorf("IsOnline(%q) is %t, %v", id, online, err)
				}
				calls.Add(2)
			}
		})
	}
	meanwhile := func() {
		floor := calls.Load() + each
		require.Eventually(t, func() bool { return calls.Load() >= floor || t.Failed() }, 10*time.Second, time.Millisecond)
	}
	from, to := c.Masters[0], c.Masters[1]
	moved := 0
	for _, slot := range slotsInUse(t, from) {
		moved++
		spoil(slot)
		c.OpenSlot(t, slot, from, to)
		meanwhile()
		c.CloseSlot(t, slot, from, to)
		meanwhile()
	}
	close(stop)
	all.Wait()
	require.Empty(t, slotsInUse(t, from))
	board.Row(t, "Cluster: slots move under callers", board.Figures{
		Operations: int(calls.Load()), Faults: moved, FloorOperations: 2 * leastMoved * each, FloorFaults: leastMoved,
	})
	n, err := s.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, fleet, n)
}

func TestASlotThatLosesItsKeysIsFound(t *testing.T) {
	const fleet = 100
	c, s := cluster(t, redisstore.Options{})
	for _, id := range ids(fleet) {
		require.NoError(t, s.SetOnline(t.Context(), id))
	}
	client := c.Masters[0].Client(t)
	a := attempt.Make(t.Context(), t, t.Name(), func(a *attempt.T) {
		slotsMove(a, c, s, fleet, func(slot int) {
			for _, key := range client.Keys(t.Context(), "ws:{*").Val() {
				if int(client.ClusterKeySlot(t.Context(), key).Val()) == slot {
					require.NoError(a, client.Del(t.Context(), key).Err())
				}
			}
		})
	})
	require.True(t, a.Failed())
	require.Regexp(t, "not found|is false", a.Reason(), "a refresh or a question comes first")
}

// slotsInUse returns the slots of a master that have keys of workspaces.
func slotsInUse(t testing.TB, m *redistest.Server) []int {
	ctx := context.Background()
	c := m.Client(t)
	slots := map[int]bool{}
	for _, key := range c.Keys(ctx, "ws:{*").Val() {
		slots[int(c.ClusterKeySlot(ctx, key).Val())] = true
	}
	var all []int
	for slot := range slots {
		all = append(all, slot)
	}
	return all
}

package boltstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// snapshot is all that a store says about its workspaces.
type snapshot struct {
	online map[string]time.Duration
	deaths map[string]driver.Pending
	urls   map[string][]string
}

func look(t *testing.T, s *Store, list []string) snapshot {
	t.Helper()
	sweep(t, s)
	got := snapshot{make(map[string]time.Duration), make(map[string]driver.Pending), make(map[string][]string)}
	for status, err := range s.Online(context.Background()) {
		require.NoError(t, err)
		got.online[status.ID] = status.Remaining
	}
	for d, err := range s.Deaths(context.Background(), 0) {
		require.NoError(t, err)
		got.deaths[d.ID] = d
	}
	for _, id := range list {
		got.urls[id] = urlsOf(t, s, id)
	}
	return got
}

// After random calls a store that is opened again says what it said before.
func TestAnyHistoryOutlivesTheStore(t *testing.T) {
	const rounds, calls, ids, checkpoint = 60, 100, 40, 1300 * time.Millisecond // no difference of two deadlines
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := newPath(t)
				o := Options{Checkpoint: checkpoint, TTLs: store.TTLs{Liveness: time.Minute}}
				s := box(t, path, o)
				list := names(ids)
				compared, handedOut, expired, withdrawn, adopted := 0, 0, 0, 0, 0
				for range rounds {
					watchOutGrace(t, s)
					for range calls {
						anyCall(t, s, list[rand.IntN(ids)])
					}
					watch(t, s, 3*time.Second) // a checkpoint
					before := look(t, s, list)
					path = ends(t, s, path)
					s = box(t, path, o)
					after := look(t, s, list)
					require.Equal(t, before.urls, after.urls)
					for id, left := range before.online {
						require.InDelta(t, left, after.online[id], float64(checkpoint+2*unit), id)
					}
					lent := 0 // deaths that a crash gave a checkpoint more
					for id, was := range before.deaths {
						if after.online[id] > 0 && name == "crashed" {
							require.Less(t, time.Since(was.Deadline), checkpoint)
							lent++
							continue
						}
						is, pending := after.deaths[id]
						require.True(t, pending, id)
						require.WithinDuration(t, was.Deadline, is.Deadline, unit)
						require.WithinDuration(t, was.Since, is.Since, 2*unit)
						was.Death.Deadline, was.Death.Since = is.Deadline, is.Since
						want := driver.Pending{Death: was.Death, Phase: driver.Ready}
						if was.Adopted && is.Deadline.After(time.Now()) {
							want.Phase, want.Until = driver.Delayed, is.Deadline
							adopted++
						}
						require.Equal(t, want, is)
						compared++
						if is.Attempt > 0 {
							handedOut++
						}
						if is.Expired {
							expired++
						}
						if is.Since.Before(is.Deadline.Add(-unit)) {
							withdrawn++
						}
					}
					require.Len(t, after.online, len(before.online)+lent)
					require.Len(t, after.deaths, len(before.deaths)-lent)
				}
				require.Greater(t, compared, rounds/3)
				for _, n := range []int{handedOut, expired, withdrawn, adopted} {
					require.NotZero(t, n)
				}
			})
		})
	}
}

// anyCall makes a random call about a workspace.
func anyCall(t *testing.T, s *Store, id string) {
	ctx := context.Background()
	var err error
	switch rand.IntN(15) {
	case 0:
		err = s.SetOnline(ctx, id)
	case 1:
		err = s.SetOnlineFor(ctx, id, time.Duration(1+rand.IntN(90))*time.Second)
	case 2:
		err = s.RefreshTTL(ctx, id)
	case 3:
		err = s.RefreshFor(ctx, id, time.Duration(1+rand.IntN(90))*time.Second+500*time.Millisecond)
	case 4:
		err = s.Register(ctx, id, "http://registered", "")
	case 5:
		err = s.Expire(ctx, id)
	case 6:
		err = s.CacheInternalURL(ctx, id, someURL)
	case 7:
		if rand.IntN(3) == 0 {
			err = s.Clear(ctx, id)
		}
	case 8:
		if rand.IntN(3) == 0 {
			err = s.Forget(ctx, []string{id})
		}
	case 9:
		_, err = s.Adopt(ctx, 0, []string{id}, time.Now().Add(time.Duration(rand.IntN(90))*time.Second))
	case 10, 11, 12:
		for _, d := range claim(t, s, 2) {
			handle(t, s, d)
		}
	default:
		watch(t, s, time.Duration(rand.IntN(20))*time.Second)
	}
	if !errors.Is(err, store.ErrNotFound) {
		require.NoError(t, err)
	}
}

// handle does with a leased death what a monitor may do.
func handle(t *testing.T, s *Store, d driver.Death) {
	switch rand.IntN(8) {
	case 0, 1:
		withdrawn(t, s, d)
		return
	case 2:
		return // the lease ends
	}
	require.Equal(t, driver.Held, begun(t, s, d))
	switch rand.IntN(4) {
	case 0:
		require.NoError(t, s.SetOnline(context.Background(), d.ID))
		require.True(t, acknowledged(t, s, d))
	case 1:
		require.True(t, acknowledged(t, s, d))
	case 2:
		_, err := s.Release(context.Background(), d, time.Minute)
		require.NoError(t, err)
	}
}

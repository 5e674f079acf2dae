package memstore_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

func open(t *testing.T, o memstore.Options) *memstore.Store {
	s, err := memstore.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for why, o := range map[string]memstore.Options{
		"TTLs.Liveness is -1s, want":                                {TTLs: store.TTLs{Liveness: -time.Second}},
		"Options.MaxOnline is -1, want 1 or more, or 0 for 1000000": {MaxOnline: -1},
		"Options.MaxDeaths is -2, want 1 or more, or 0 for 7":       {MaxOnline: 7, MaxDeaths: -2},
		"Options.MaxURLs is -5, want 1 or more, or 0 for 100000":    {MaxURLs: -5},
		"TTLs.Liveness is 3m0s, want at least 3 × Heartbeat (6m0s)": {TTLs: store.TTLs{Heartbeat: 2 * time.Minute}},
	} {
		s, err := memstore.New(o)
		assert.ErrorIs(t, err, store.ErrInvalid)
		assert.ErrorContains(t, err, why)
		assert.Nil(t, s)
	}
}

func TestAHeartbeatAllocatesNothing(t *testing.T) {
	s := open(t, memstore.Options{})
	ctx := t.Context()
	require.NoError(t, s.SetOnline(ctx, "a"))
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		if err := s.RefreshTTL(ctx, "a"); err != nil {
			panic(err)
		}
	}))
}

func TestAFullStoreRefusesNewWorkspacesAndSaysSoOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := open(t, memstore.Options{MaxOnline: 2, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		ctx := t.Context()
		require.NoError(t, s.SetOnline(ctx, "a"))
		require.NoError(t, s.SetOnline(ctx, "b"))
		for range 3 {
			err := s.SetOnline(ctx, "c")
			assert.ErrorIs(t, err, store.ErrFull)
			assert.ErrorContains(t, err, "2 workspaces are online, as many as Options.MaxOnline allows")
		}
		assert.NoError(t, s.SetOnline(ctx, "a"), "one that is online is not new")
		assert.Equal(t, 1, strings.Count(log.String(), "the store is full"))

		time.Sleep(store.DefaultLivenessTTL)
		assert.NoError(t, s.SetOnline(ctx, "c"), "the dead do not count")
		assert.NoError(t, s.SetOnline(ctx, "d"))
		assert.ErrorIs(t, s.SetOnline(ctx, "e"), store.ErrFull)
		assert.Equal(t, 2, strings.Count(log.String(), "the store is full"))
	})
}

func TestTheLeastRecentlyUsedURLIsEvictedFirst(t *testing.T) {
	s := open(t, memstore.Options{MaxURLs: 3})
	ctx := t.Context()
	for _, id := range []string{"a", "b", "c"} {
		require.NoError(t, s.CacheURL(ctx, id, "http://"+id))
		require.NoError(t, s.CacheInternalURL(ctx, id, "http://internal."+id))
	}
	for _, id := range []string{"c", "b", "a"} {
		_, err := s.GetCachedURL(ctx, id)
		require.NoError(t, err)
	}
	require.NoError(t, s.CacheURL(ctx, "d", "http://d"))

	_, err := s.GetCachedURL(ctx, "c")
	assert.ErrorIs(t, err, store.ErrNotFound)
	for _, id := range []string{"a", "b", "d"} {
		_, err := s.GetCachedURL(ctx, id)
		assert.NoError(t, err, id)
	}
	_, err = s.GetCachedInternalURL(ctx, "c")
	assert.NoError(t, err, "each kind has a budget of its own")
}

func TestOneHundredThousandWorkspacesComeAndGo(t *testing.T) {
	const passing, living = 100_000, 100
	synctest.Test(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		s := open(t, memstore.Options{MaxOnline: 2 * living, MaxURLs: living})
		ctx := t.Context()
		for i := range living {
			require.NoError(t, s.SetOnline(ctx, fmt.Sprint("living", i)))
		}
		for i := range passing {
			id := fmt.Sprint("passing", i)
			require.NoError(t, s.SetOnline(ctx, id))
			require.NoError(t, s.CacheURL(ctx, id, "http://"+id))
			if i%living != living-1 {
				continue
			}
			for range 2 {
				time.Sleep(store.DefaultLivenessTTL / 2)
				for i := range living {
					require.NoError(t, s.RefreshTTL(ctx, fmt.Sprint("living", i)))
				}
			}
		}
		online, err := s.Count(ctx)
		assert.NoError(t, err)
		assert.Equal(t, living, online)
		assert.LessOrEqual(t, runtime.NumGoroutine(), before)
	})
}

// Workspaces come once, and no monitor asks for them.
func TestDeathsThatNobodyClaimsAreBoundedInNumber(t *testing.T) {
	const passing, online = 50_000, 100
	for most, o := range map[int]memstore.Options{
		online: {MaxOnline: online},
		10:     {MaxOnline: online, MaxDeaths: 10},
		1000:   {MaxOnline: online, MaxDeaths: 1000},
	} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t, o)
				for i := range passing {
					require.NoError(t, s.SetOnline(t.Context(), fmt.Sprint(i)))
					if i%online == online-1 {
						time.Sleep(store.DefaultLivenessTTL)
					}
				}
				found := watch(t, s, time.Minute)
				assert.Equal(t, most, found.Ready)
				assert.EqualValues(t, passing-most, found.Dropped)
				kept := 0
				for d, err := range s.Deaths(t.Context(), 0) {
					require.NoError(t, err)
					n, err := strconv.Atoi(d.ID)
					require.NoError(t, err)
					assert.GreaterOrEqual(t, n, passing-most-online, "the oldest are dropped first")
					kept++
				}
				assert.Equal(t, most, kept)
			})
		})
	}
}

func TestALongListStopsWithItsContext(t *testing.T) {
	s := open(t, memstore.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, s.SetOnline(ctx, "a"))
	for range s.Online(ctx) {
		cancel()
	}
	ids := make([]string, 5000)
	for i := range ids {
		ids[i] = "a"
	}
	_, err := s.IsOnlineMany(ctx, ids)
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, s.ClearMany(ctx, ids), context.Canceled)
	online, err := s.IsOnline(t.Context(), "a")
	assert.NoError(t, err)
	assert.True(t, online)
}

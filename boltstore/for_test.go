package boltstore

import (
	"context"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestAPanicOfForLeavesNothingLocked(t *testing.T) {
	ctx := context.Background()
	path := made(t)
	s := box(t, path, Options{TTLs: store.TTLs{For: func(id string) time.Duration {
		if id == "b" {
			panic("no such tenant")
		}
		return 0
	}}})
	for _, call := range []func(){
		func() { s.SetOnline(ctx, "b") },
		func() { s.Register(ctx, "b", someURL, "") },
		func() { s.RefreshTTL(ctx, "b") },
		func() { s.RefreshMany(ctx, []string{"a", "b"}) },
		func() { s.Withdraw(ctx, driver.Death{ID: "b"}) },
	} {
		require.Panics(t, call)
	}
	require.NoError(t, s.SetOnline(ctx, "a"))
	sweep(t, s)
	require.NoError(t, s.Close())
	s = box(t, path, Options{LockTimeout: time.Millisecond, TTLs: store.TTLs{For: func(string) time.Duration { panic("no such tenant") }}})
	require.True(t, online(t, s, "a"))
	require.NoError(t, s.Close())
	require.True(t, online(t, box(t, path, Options{LockTimeout: time.Millisecond}), "a"))
}

// Each of these values of For is refused by a call. A file that is opened with one
// of them begins the grace that it would without.
func TestAValueOfForThatNoCallAcceptsHasNoEffectOnOpening(t *testing.T) {
	for _, wrong := range []time.Duration{math.MaxInt64, 10 * 365 * 24 * time.Hour, store.MaxTTL + 1, math.MinInt64, -1} {
		t.Run(fmt.Sprint(wrong), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				path := newPath(t)
				s := box(t, path, Options{})
				require.NoError(t, s.SetOnline(ctx, "permanent"))
				require.NoError(t, s.SetOnline(ctx, "agent"))
				require.NoError(t, s.Close())
				time.Sleep(2 * lifetime) // without a sweep
				o := Options{TTLs: store.TTLs{For: func(id string) time.Duration {
					if id == "permanent" {
						return wrong
					}
					return 0
				}}}
				for range 2 { // what is in the file then is no longer either
					s = box(t, path, o)
					require.ErrorIs(t, s.SetOnline(ctx, "permanent"), store.ErrInvalid)
					require.ErrorIs(t, s.RefreshTTL(ctx, "permanent"), store.ErrInvalid)
					found := sweep(t, s)
					require.Equal(t, lifetime, found.GraceEnd.Sub(found.Now))
					require.Empty(t, claim(t, s, 10))
					require.NoError(t, s.Close())
					time.Sleep(lifetime)
				}
				s = box(t, path, o)
				watchOutGrace(t, s)
				require.ElementsMatch(t, []string{"agent", "permanent"}, idsOf(claim(t, s, 10)))
			})
		})
	}
}

package boltstore

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
)

// A fleet that lives throughout, in a store that nobody monitors.
func keepsDeaths(keep, checkpoint time.Duration) Options {
	return Options{KeepDeaths: keep, Checkpoint: checkpoint, TTLs: store.TTLs{URL: store.MaxTTL, For: func(id string) time.Duration {
		if id[0] == 'v' {
			return 0
		}
		return store.MaxTTL
	}}}
}

func TestDeathsThatNobodyClaimsAreDroppedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, keep, checkpoint = 100_000, 24 * time.Hour, 20 * time.Minute
		const small = 1 << 20 // bytes, beside a heap of many times that
		fresh := freshSize(t)
		path := newPath(t)
		s := box(t, path, keepsDeaths(keep, checkpoint))
		keepFleet(t, s)
		before := heap()

		setAll(t, s, visitors(n))
		time.Sleep(keep + lifetime - time.Minute)
		kept := sweep(t, s)
		for kept.Next == 0 {
			kept = sweep(t, s)
		}
		require.Equal(t, n, kept.Waiting)
		require.Zero(t, kept.Dropped)
		require.Greater(t, sizeOf(t, path), 10*fresh)
		require.Greater(t, heap(), before+10*small)

		time.Sleep(time.Minute + checkpoint)
		require.LessOrEqual(t, sizeOf(t, path), 2*fresh)
		require.LessOrEqual(t, heap(), before+small)
		check := func() {
			left := sweep(t, s)
			require.Equal(t, int64(n), left.Dropped)
			require.Zero(t, left.Waiting+left.Held)
			require.Equal(t, fleet, left.Online)
		}
		check()
		require.NoError(t, s.Close())
		s = box(t, path, keepsDeaths(keep, checkpoint))
		check()
	})
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first has finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestTheTimeAwayDoesNotCountAsKept(t *testing.T) {
	const keep = time.Hour
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := newPath(t)
				s := box(t, path, keepsDeaths(keep, time.Minute))
				keepFleet(t, s)
				require.NoError(t, s.SetOnline(context.Background(), "visitor"))
				time.Sleep(lifetime + 40*time.Minute)
				path = ends(t, s, path)

				time.Sleep(8 * time.Hour)
				s = box(t, path, keepsDeaths(keep, time.Minute))
				time.Sleep(19 * time.Minute)
				require.Equal(t, []string{"visitor"}, sweep(t, s).Found)
				time.Sleep(2 * time.Minute)
				left := sweep(t, s)
				require.Equal(t, int64(1), left.Dropped)
				require.Zero(t, left.Waiting+left.Held)
				require.NoError(t, s.Close())
				require.Equal(t, uint32(fleet), recordsOf(t, path)[ids])
			})
		})
	}
}

func TestAClaimedDeathIsKeptForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const keep = time.Hour
		path := newPath(t)
		s := box(t, path, keepsDeaths(keep, time.Minute))
		dead(t, s, "visitor")
		require.NoError(t, s.SetOnline(context.Background(), "visitor-that-nobody-claims"))
		time.Sleep(10 * keep)
		require.Equal(t, int64(1), sweep(t, s).Dropped)
		watchOutGrace(t, s)
		again := claim(t, s, 2)
		require.Equal(t, []string{"visitor"}, idsOf(again))
		require.Equal(t, 2, again[0].Attempt)

		require.NoError(t, s.Close())
		s = box(t, path, keepsDeaths(keep, time.Minute))
		watchOutGrace(t, s)
		require.Equal(t, []string{"visitor"}, idsOf(claim(t, s, 2)))
	})
}

func TestTheAdoptedThatNobodyClaimsAreDroppedAndCountedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const keep = time.Hour
		path := newPath(t)
		d := &disk{}
		o := d.options()
		o.KeepDeaths = keep
		s := box(t, path, o)
		require.NoError(t, s.Adopt(context.Background(), 0, []string{"adopted"}))
		time.Sleep(2 * keep)
		require.Zero(t, d.during(func() { time.Sleep(keep) }))
		for range 2 {
			require.Equal(t, int64(1), sweep(t, s).Dropped)
			require.NoError(t, s.Close())
			s = box(t, path, o)
		}
	})
}

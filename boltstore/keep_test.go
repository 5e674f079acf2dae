package boltstore

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// A fleet that lives throughout, in a store without a monitor.
func keepsDeaths(keep, checkpoint time.Duration) Options {
	return Options{KeepDeaths: keep, Checkpoint: checkpoint, TTLs: store.TTLs{URL: store.MaxTTL, For: func(id string) time.Duration {
		if id[0] == 'v' {
			return 0
		}
		return store.MaxTTL
	}}}
}

func TestDeathsThatAreNeverHandedOutAreDroppedAndCounted(t *testing.T) {
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
		require.Equal(t, n, kept.Ready)
		require.Zero(t, kept.Dropped)
		require.Greater(t, sizeOf(t, path), 10*fresh)
		require.Greater(t, heap(), before+10*small)

		time.Sleep(keep + checkpoint)
		require.LessOrEqual(t, sizeOf(t, path), 2*fresh)
		require.LessOrEqual(t, heap(), before+small)
		check := func() {
			left := sweep(t, s)
			require.Equal(t, int64(n), left.Dropped)
			require.Zero(t, left.Ready+left.Leased)
			require.Equal(t, fleet, left.Online)
		}
		check()
		require.NoError(t, s.Close())
		s = box(t, path, keepsDeaths(keep, checkpoint))
		check()
	})
}

func TestDeathsThatNobodyClaimsAreBoundedInNumber(t *testing.T) {
	const passing, most = 5000, 100
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := newPath(t)
				o := Options{MaxDeaths: most}
				s := box(t, path, o)
				setAll(t, s, names(passing))
				time.Sleep(lifetime + 20*time.Second) // two checkpoints
				require.EqualValues(t, passing-most, s.memory.roster.State().Dropped)
				path = ends(t, s, path)
				s = box(t, path, o)
				found := watch(t, s, time.Minute)
				require.Equal(t, most, found.Ready)
				require.EqualValues(t, passing-most, found.Dropped)
				require.NoError(t, s.Close())
				require.EqualValues(t, most, recordsOf(t, path)[ids])
			})
		})
	}
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // collects the objects that the first has finalized
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
				watch(t, s, lifetime+40*time.Minute)
				path = ends(t, s, path)

				time.Sleep(8 * time.Hour)
				s = box(t, path, keepsDeaths(keep, time.Minute))
				left := watch(t, s, lifetime+18*time.Minute) // a grace, which does not count either
				require.Zero(t, left.Dropped)
				left = watch(t, s, 4*time.Minute)
				require.Equal(t, int64(1), left.Dropped)
				require.Zero(t, left.Ready+left.Leased)
				require.NoError(t, s.Close())
				require.Equal(t, uint32(fleet), recordsOf(t, path)[ids])
			})
		})
	}
}

// No monitor runs for longer than a death is kept, and the workspace is heard from
// until just before the first sweep.
func TestOneThatDiesShortlyBeforeTheFirstSweepIsADeath(t *testing.T) {
	const keep = time.Hour
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := newPath(t)
				s := box(t, path, keepsDeaths(keep, time.Minute))
				for range 3 * keep / time.Minute {
					_, err := store.Heartbeat(context.Background(), s, "visitor")
					require.NoError(t, err)
					time.Sleep(time.Minute)
				}
				path = ends(t, s, path)
				time.Sleep(3 * keep)
				s = box(t, path, keepsDeaths(keep, time.Minute))
				require.Equal(t, []string{"visitor"}, sweep(t, s).Detected)
				left := watch(t, s, lifetime+keep-4*time.Minute)
				require.Zero(t, left.Dropped)
				require.Equal(t, 1, left.Ready)
				require.EqualValues(t, 1, watch(t, s, 6*time.Minute).Dropped)
			})
		})
	}
}

func TestADeathThatWasHandedOutIsKeptWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const keep = time.Hour
		path := newPath(t)
		s := box(t, path, keepsDeaths(keep, time.Minute))
		require.Equal(t, driver.Held, begun(t, s, dead(t, s, "visitor")[0]))
		require.NoError(t, s.SetOnline(context.Background(), "visitor-that-is-not-handed-out"))
		time.Sleep(10 * keep)
		require.Equal(t, int64(1), sweep(t, s).Dropped)
		watchOutGrace(t, s)
		again := claim(t, s, 2)
		require.Equal(t, []string{"visitor"}, idsOf(again))
		require.Equal(t, 2, again[0].Attempt)

		require.NoError(t, s.Close())
		s = box(t, path, keepsDeaths(keep, time.Minute))
		time.Sleep(10 * keep)
		watchOutGrace(t, s)
		again = claim(t, s, 2)
		require.Equal(t, []string{"visitor"}, idsOf(again))
		require.Equal(t, 2, again[0].Attempt)
	})
}

func TestAdoptedDeathsAreDroppedAndCountedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const keep = time.Hour
		path := newPath(t)
		d := &disk{}
		o := Options{KeepDeaths: keep}
		s := d.box(t, path, o)
		_, err := s.Adopt(context.Background(), 0, []string{"adopted"}, time.Time{})
		require.NoError(t, err)
		time.Sleep(2 * keep)
		require.Zero(t, d.during(func() { time.Sleep(keep) }))
		for range 2 {
			require.Equal(t, int64(1), sweep(t, s).Dropped)
			require.NoError(t, s.Close())
			require.Zero(t, recordsOf(t, path)[ids])
			s = box(t, path, o)
		}
	})
}

func TestForbiddenTimeDoesNotCountAsKeptAlsoAfterOpening(t *testing.T) {
	const keep = time.Hour
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := newPath(t)
				s := box(t, path, keepsDeaths(keep, time.Minute))
				require.NoError(t, s.SetOnline(context.Background(), "visitor"))
				watch(t, s, lifetime)
				hold := func(long time.Duration) {
					for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(time.Second) {
						_, err := s.Sweep(context.Background(), 0, driver.SweepOptions{Interval: time.Second, Forbidden: true})
						require.NoError(t, err)
					}
				}
				hold(3 * keep)
				require.NoError(t, s.SetOnline(context.Background(), "heard")) // a commit, and later a checkpoint
				watch(t, s, 30*time.Minute)
				path = ends(t, s, path)
				time.Sleep(3 * keep)
				s = box(t, path, keepsDeaths(keep, time.Minute))
				hold(3 * keep)
				left := watch(t, s, 27*time.Minute)
				require.Zero(t, left.Dropped)
				require.Equal(t, int64(1), watch(t, s, 4*time.Minute).Dropped)
			})
		})
	}
}

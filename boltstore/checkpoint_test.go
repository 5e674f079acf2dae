package boltstore

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/store"
)

func TestAnIdleStoreWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		s := d.box(t, newPath(t), Options{})
		require.NoError(t, s.SetOnline(context.Background(), "a"))
		time.Sleep(300 * time.Second) // it dies and is removed
		require.Zero(t, d.during(func() { time.Sleep(time.Hour) }))
	})
}

func TestACheckpointWritesWhatMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 40 * slotsPerBlock
		ctx := context.Background()
		d := &disk{}
		path := newPath(t)
		o := Options{TTLs: store.TTLs{Liveness: time.Hour}, Checkpoint: 10 * time.Second}
		s := d.box(t, path, o)
		list := names(n)
		setAll(t, s, list)
		time.Sleep(20 * time.Second)
		checkpoint := func(beats []string) (commits int, pages int64) {
			before := d.written()
			commits = d.during(func() {
				for _, id := range beats {
					require.NoError(t, s.RefreshTTL(ctx, id))
				}
				time.Sleep(9900 * time.Millisecond)
			})
			return commits, d.written() - before
		}

		commits, few := checkpoint(list[:1])
		require.Equal(t, 1, commits)
		commits, all := checkpoint(list)
		require.Equal(t, 2, commits)
		require.Greater(t, all, 3*few)
		require.Less(t, all, int64(40+commits*8)) // and not a page for every workspace

		left := box(t, powerCut(t, path), Options{})
		require.InDelta(t, remaining(t, s, list[7]), remaining(t, left, list[7])-o.Checkpoint, float64(unit))
	})
}

func TestAHeartbeatDoesNotWaitForTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		s := d.box(t, newPath(t), Options{})
		require.NoError(t, s.SetOnline(context.Background(), "a"))
		release := make(chan struct{})
		d.fails(func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
			<-release
			return db.Update(fill)
		})
		go s.SetOnline(context.Background(), "b")
		time.Sleep(100 * time.Second)
		require.NoError(t, s.RefreshTTL(context.Background(), "a"))
		require.Equal(t, 180*time.Second, remaining(t, s, "a"))
		require.False(t, online(t, s, "b")) // not durable, so not visible
		close(release)
		synctest.Wait()
		require.True(t, online(t, s, "b"))
	})
}

func TestCallersDoNotHoldUpACheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		d := &disk{}
		path := newPath(t)
		s := d.box(t, path, Options{})
		require.NoError(t, s.SetOnline(ctx, "a"))
		d.fails(func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
			go s.SetOnline(ctx, "b") // a call always waits
			time.Sleep(time.Second)
			return db.Update(fill)
		})
		go s.SetOnline(ctx, "b")
		time.Sleep(60 * time.Second)
		require.NoError(t, s.RefreshTTL(ctx, "a"))
		time.Sleep(15 * time.Second)
		left := box(t, powerCut(t, path), Options{})
		require.Greater(t, remaining(t, left, "a"), 160*time.Second)
		d.fails(nil)
		cancel()
	})
}

func TestAHeartbeatAllocatesNothing(t *testing.T) {
	ctx := context.Background()
	s := box(t, newPath(t), Options{})
	require.NoError(t, s.SetOnline(ctx, "a"))
	require.Zero(t, testing.AllocsPerRun(1000, func() {
		if err := s.RefreshTTL(ctx, "a"); err != nil {
			t.Error(err)
		}
	}))
}

func TestCallersShareCommits(t *testing.T) {
	const callers, calls = 64, 20
	d := &disk{}
	s := d.box(t, newPath(t), Options{})
	d.fails(func(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
		time.Sleep(5 * time.Millisecond) // a slow disk, so that callers wait
		return db.Update(fill)
	})
	commits := d.during(func() {
		var wg sync.WaitGroup
		for _, id := range names(callers) {
			wg.Go(func() {
				for range calls {
					if err := s.SetOnline(context.Background(), id); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
	})
	t.Logf("%d calls in %d commits", callers*calls, commits)
	require.Less(t, commits, callers*calls/8)
}

func TestTheDeadLeaveTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		path := newPath(t)
		s := box(t, path, Options{KeepDeaths: time.Minute})
		list := names(100)
		setAll(t, s, list)
		side(t, list, func(id string) error { return s.CacheURL(ctx, id, someURL) })
		side(t, list, func(id string) error { return s.CacheInternalURL(ctx, id, someURL) })
		time.Sleep(10 * time.Minute)
		require.NoError(t, s.SetOnline(ctx, list[0]))
		require.NoError(t, s.Close())
		f, c, err := openFile(path, must(Options{}.withDefaults()), host{}.withDefaults())
		require.NoError(t, err)
		defer f.close()
		require.Equal(t, counts{ids: 1, deadlines: 1}, c.stamp.records)
	})
}

func must(o Options, err error) Options {
	if err != nil {
		panic(err)
	}
	return o
}

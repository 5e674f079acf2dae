package boltstore

import (
	"context"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
)

// counted is a machine whose clock counts how often it is looked at: whatever wakes
// looks at the clock.
type counted struct{ looks atomic.Int64 }

func (c *counted) box(t *testing.T, path string, o Options) *Store {
	on := (&machine{boot: "1"}).clock()
	mono := on.Mono
	on.Mono = func() time.Duration {
		c.looks.Add(1)
		return mono()
	}
	return boxWith(t, path, o, host{clock: on})
}

// during returns how often the clock was looked at in that time.
func (c *counted) during(d time.Duration) int64 {
	synctest.Wait()
	before := c.looks.Load()
	time.Sleep(d)
	synctest.Wait()
	return c.looks.Load() - before
}

func TestAStoreInWhichNothingFallsDueSleeps(t *testing.T) {
	const (
		month = 30 * 24 * time.Hour
		once  = 1000 // looks at the clock by one checkpoint, at the most
	)
	ctx := context.Background()
	keep := Options{KeepDeaths: 10 * month}
	for name, c := range map[string]struct {
		options Options
		before  func(t *testing.T, s *Store)
		wakes   int64
	}{
		"an empty one": {Options{}, func(*testing.T, *Store) {}, 0},
		"one whose workspaces were cleared": {Options{}, func(t *testing.T, s *Store) {
			setAll(t, s, names(100))
			require.NoError(t, s.ClearMany(ctx, names(100)))
		}, 0},
		"one whose workspaces are dead": {keep, func(t *testing.T, s *Store) {
			setAll(t, s, names(100))
			time.Sleep(2 * lifetime)
			sweep(t, s)
		}, 0},
		"one in which a death is dropped": {Options{KeepDeaths: 24 * time.Hour}, func(t *testing.T, s *Store) {
			setAll(t, s, names(1))
			time.Sleep(2 * lifetime)
			sweep(t, s)
		}, 2},
		"one in which URLs end": {Options{TTLs: store.TTLs{URL: 24 * time.Hour}}, func(t *testing.T, s *Store) {
			require.NoError(t, s.CacheURL(ctx, "a", someURL))
			time.Sleep(12 * time.Hour)
			require.NoError(t, s.CacheInternalURL(ctx, "a", someURL))
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := new(counted)
				path := newPath(t)
				s := m.box(t, path, c.options)
				c.before(t, s)
				time.Sleep(time.Minute) // a checkpoint
				require.LessOrEqual(t, m.during(month), c.wakes*once)
				if c.wakes > 0 {
					require.NoError(t, s.Close())
					require.Zero(t, recordsOf(t, path)[ids], "deaths that were dropped")
					require.Zero(t, recordsOf(t, path)[public]+recordsOf(t, path)[internal], "URLs that ended")
				}
			})
		})
	}
}

// A workspace may be heard from at any time, without a word to the committer.
func TestAStoreWithAWorkspaceOnlineMakesItsCheckpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		path := newPath(t)
		s := box(t, path, Options{})
		time.Sleep(24 * time.Hour) // at rest
		require.NoError(t, s.SetOnline(ctx, "a"))
		for range 10 {
			time.Sleep(lifetime / 2)
			require.NoError(t, s.RefreshTTL(ctx, "a"))
		}
		time.Sleep(lifetime / 18)
		left := box(t, powerCut(t, path), Options{})
		require.Greater(t, remaining(t, left, "a"), lifetime*9/10)
	})
}

// Before the first call it looks for its file, and a health check makes it look.
func TestAStoreAtRestNoticesThatItsFileIsGone(t *testing.T) {
	ctx := context.Background()
	for name, call := range map[string]func(s *Store) error{
		"a call": func(s *Store) error { return s.SetOnline(ctx, "a") },
		"a ping": func(s *Store) error {
			if err := s.Ping(ctx); err != nil {
				return err
			}
			synctest.Wait()
			return s.Ping(ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				path := newPath(t)
				s := box(t, path, Options{})
				time.Sleep(24 * time.Hour)
				require.NoError(t, os.Remove(path))
				require.ErrorIs(t, call(s), store.ErrUnavailable)
			})
		})
	}
}

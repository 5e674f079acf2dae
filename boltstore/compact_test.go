package boltstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
)

// A small fleet that lives throughout.
const fleet = 200

func keepFleet(t *testing.T, s *Store) {
	t.Helper()
	setAll(t, s, names(fleet))
	side(t, names(fleet), func(id string) error { return s.CacheURL(context.Background(), id, someURL) })
}

func freshSize(t *testing.T) int64 {
	t.Helper()
	path := newPath(t)
	s := box(t, path, Options{})
	keepFleet(t, s)
	require.NoError(t, s.Close())
	return sizeOf(t, path)
}

func visitors(n int) []string {
	list := names(n)
	for i := range list {
		list[i] = "visitor-" + list[i]
	}
	return list
}

func TestTheFileStaysSmallWhileIdsComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 100_000
		fresh := freshSize(t)
		ctx := context.Background()
		path := newPath(t)
		s := box(t, path, Options{})
		keepFleet(t, s)
		side(t, visitors(n), func(id string) error {
			return errors.Join(s.SetOnline(ctx, id), s.CacheURL(ctx, id, someURL), s.Clear(ctx, id))
		})
		time.Sleep(20 * time.Second)
		require.LessOrEqual(t, sizeOf(t, path), 2*fresh)
		require.NoError(t, s.Close())
		require.LessOrEqual(t, sizeOf(t, path), 2*fresh)
		count, err := box(t, path, Options{}).Count(ctx)
		require.NoError(t, err)
		require.Equal(t, fleet, count)
	})
}

func TestTheFileBecomesSmallAfterAPeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 100_000
		fresh := freshSize(t)
		ctx := context.Background()
		path := newPath(t)
		o := Options{TTLs: store.TTLs{For: func(id string) time.Duration {
			if id[0] == 'v' {
				return 0
			}
			return time.Hour
		}, URL: time.Hour}, KeepDeaths: time.Millisecond}
		s := box(t, path, o)
		keepFleet(t, s)
		setAll(t, s, visitors(n))
		peak := sizeOf(t, path)
		require.Greater(t, peak, 10*fresh)
		time.Sleep(200 * time.Second)
		require.LessOrEqual(t, sizeOf(t, path), 2*fresh)

		setAll(t, s, visitors(10)) // the new file is written like the old
		require.NoError(t, s.Close())
		s = box(t, path, o)
		count, err := s.Count(ctx)
		require.NoError(t, err)
		require.Equal(t, fleet+10, count)
		url, err := s.GetCachedURL(ctx, names(1)[0])
		require.NoError(t, err)
		require.Equal(t, someURL, url)
		left, err := filepath.Glob(path + "*")
		require.NoError(t, err)
		require.Equal(t, []string{path}, left)
	})
}

// grow gives a store a file that is due to be made smaller, and the workspace
// "a".
func grow(t *testing.T, s *Store) {
	t.Helper()
	require.NoError(t, s.SetOnline(context.Background(), "a"))
	list := visitors(5000)
	setAll(t, s, list)
	require.NoError(t, s.ClearMany(context.Background(), list))
}

func TestWhoWaitsForTheLockGetsTheNewFile(t *testing.T) {
	path := newPath(t)
	s := box(t, path, Options{Checkpoint: 50 * time.Millisecond})
	first, err := os.Stat(path)
	require.NoError(t, err)
	grow(t, s)
	type result struct {
		s   *Store
		err error
	}
	second := make(chan result, 1)
	go func() {
		s, err := Open(path, Options{LockTimeout: time.Minute})
		second <- result{s, err}
	}()
	require.Eventually(t, func() bool {
		now, err := os.Stat(path)
		return err == nil && !os.SameFile(first, now)
	}, time.Minute, time.Millisecond)
	require.NoError(t, s.SetOnline(context.Background(), "b"))
	require.Empty(t, second)
	require.NoError(t, s.Close())
	r := <-second
	require.NoError(t, r.err)
	defer r.s.Close()
	require.True(t, online(t, r.s, "a"))
	require.True(t, online(t, r.s, "b"))
}

func TestAFileThatCannotBeMadeSmallerIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		s := box(t, path, Options{})
		grow(t, s)
		gone := path + ".gone"
		require.NoError(t, os.Rename(path, gone)) // by somebody else
		time.Sleep(10 * time.Second)
		require.NoFileExists(t, path)
		require.NoError(t, s.SetOnline(context.Background(), "b"))
		require.NoError(t, s.Close())
		s = box(t, gone, Options{})
		require.True(t, online(t, s, "a"))
		require.True(t, online(t, s, "b"))
	})
}

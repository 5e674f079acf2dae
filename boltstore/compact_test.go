package boltstore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
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
		require.Equal(t, []string{filepath.Base(path)}, namesBeside(t, path))
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

// growAndShrink opens a store, gives it a file that is due to be made smaller, and
// returns when that is done.
func growAndShrink(t *testing.T, path string) *Store {
	t.Helper()
	s := box(t, path, Options{Checkpoint: 50 * time.Millisecond})
	before, err := os.Stat(path)
	require.NoError(t, err)
	grow(t, s)
	require.Eventually(t, func() bool {
		after, err := os.Stat(path)
		return err == nil && !os.SameFile(before, after)
	}, 10*time.Second, time.Millisecond)
	return s
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
		d := &disk{}
		s := d.box(t, path, Options{})
		grow(t, s)
		large := sizeOf(t, path)
		d.limit(int(large) / 10) // bytes, also of the new file
		time.Sleep(10 * time.Second)
		require.Equal(t, large, sizeOf(t, path))
		require.Equal(t, []string{filepath.Base(path)}, namesBeside(t, path))
		d.limit(0)
		require.NoError(t, s.SetOnline(context.Background(), "b"))
		require.NoError(t, s.Close())
		s = box(t, path, Options{})
		require.True(t, online(t, s, "a"))
		require.True(t, online(t, s, "b"))
	})
}

func TestASmallerFileHasTheOwnerAndModeOfTheFile(t *testing.T) {
	path := newPath(t)
	require.NoError(t, box(t, path, Options{}).Close())
	require.NoError(t, os.Chmod(path, 0o640))
	const owner, group = 12345, 23456
	if os.Chown(path, owner, group) != nil {
		t.Log("the owner cannot be changed by this user")
	}
	before, err := os.Stat(path)
	require.NoError(t, err)
	growAndShrink(t, path)
	after, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, before.Mode(), after.Mode())
	require.Equal(t, ownerOf(before), ownerOf(after))
}

// ownerOf returns what the system says of the owner of a file.
func ownerOf(info os.FileInfo) [2]uint64 {
	system := reflect.Indirect(reflect.ValueOf(info.Sys()))
	return [2]uint64{system.FieldByName("Uid").Uint(), system.FieldByName("Gid").Uint()}
}

// large makes a file that is larger than it need be, and closes it.
func large(t *testing.T) (path string, size int64) {
	t.Helper()
	path = newPath(t)
	s := box(t, path, Options{Checkpoint: time.Hour})
	keepFleet(t, s)
	grow(t, s)
	require.NoError(t, s.Expire(context.Background(), "a"))
	require.NoError(t, s.Close())
	return path, sizeOf(t, path)
}

func TestCompact(t *testing.T) {
	ctx := context.Background()

	t.Run("the file becomes as small as it can be, and loses nothing", func(t *testing.T) {
		path, size := large(t)
		require.NoError(t, os.Chmod(path, 0o640))
		before, after, err := Compact(path, Options{})
		require.NoError(t, err)
		require.Equal(t, size, before)
		require.Equal(t, sizeOf(t, path), after)
		require.Less(t, after, before/2)
		require.Equal(t, []string{filepath.Base(path)}, namesBeside(t, path))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o640), info.Mode().Perm())
		again, still, err := Compact(path, Options{})
		require.NoError(t, err)
		require.Equal(t, after, again)
		require.Equal(t, after, still, "one that is small stays as it is")

		s := box(t, path, Options{})
		count, err := s.Count(ctx)
		require.NoError(t, err)
		require.Equal(t, fleet, count)
		status, err := s.Lookup(ctx, names(fleet)[0])
		require.NoError(t, err)
		require.Equal(t, someURL, status.URL)
		var dead []string
		for d, err := range s.Deaths(ctx, 0) {
			require.NoError(t, err)
			dead = append(dead, d.ID)
		}
		require.Equal(t, []string{"a"}, dead)
	})

	t.Run("a file that a store has open is ErrLocked", func(t *testing.T) {
		path := newPath(t)
		box(t, path, Options{})
		_, _, err := Compact(path, Options{LockTimeout: time.Millisecond})
		require.ErrorIs(t, err, store.ErrLocked)
	})

	t.Run("a file that does not exist is ErrInvalid and is not made", func(t *testing.T) {
		path := newPath(t)
		_, _, err := Compact(path, Options{})
		require.ErrorIs(t, err, store.ErrInvalid)
		require.NoFileExists(t, path)
	})

	t.Run("the file of another program stays as it is", func(t *testing.T) {
		path := newPath(t)
		require.NoError(t, os.WriteFile(path, []byte("of somebody else"), 0o600))
		_, _, err := Compact(path, Options{})
		require.ErrorIs(t, err, store.ErrCorrupt)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "of somebody else", string(content))
	})

	t.Run("on a full disk the old file stays", func(t *testing.T) {
		path, size := large(t)
		d := &disk{}
		d.limit(int(size) / 10)
		_, _, err := compactFile(path, Options{}, host{update: d.update, maxSize: d.maxSize})
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.Equal(t, []string{filepath.Base(path)}, namesBeside(t, path))
		require.True(t, online(t, box(t, path, Options{}), names(fleet)[0]))
	})
}

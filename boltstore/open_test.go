package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/store"
)

// made returns the path of a closed store that holds the workspace "a".
func made(t *testing.T) string {
	t.Helper()
	path := newPath(t)
	s := box(t, path, Options{})
	require.NoError(t, s.SetOnline(context.Background(), "a"))
	require.NoError(t, s.Close())
	return path
}

// rewritten returns the path of a store after do had its way with the bbolt
// file below it.
func rewritten(t *testing.T, do func(tx *bbolt.Tx) error) string {
	t.Helper()
	path := made(t)
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.Update(do))
	return path
}

func TestWhatCannotBeOpened(t *testing.T) {
	write := func(content string) func(*testing.T) string {
		return func(t *testing.T) string {
			path := newPath(t)
			require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
			return path
		}
	}
	for name, c := range map[string]struct {
		path func(t *testing.T) string
		want error
		says string
	}{
		"a directory": {func(t *testing.T) string { return t.TempDir() }, store.ErrInvalid, "is a directory"},
		"a device":    {func(*testing.T) string { return os.DevNull }, store.ErrInvalid, "not a regular file"},
		"a missing directory": {func(t *testing.T) string {
			return filepath.Join(t.TempDir(), "missing", "edge.db")
		}, store.ErrInvalid, "missing does not exist"},
		"a dangling link": {func(t *testing.T) string {
			path := newPath(t)
			require.NoError(t, os.Symlink(path+".gone", path))
			return path
		}, store.ErrInvalid, "symbolic link"},
		"a read-only file": {func(t *testing.T) string {
			path := made(t)
			require.NoError(t, os.Chmod(path, 0o400))
			return path
		}, store.ErrUnavailable, "read-only"},
		"an empty file":   {write(""), store.ErrCorrupt, "empty"},
		"a short garbage": {write("garbage"), store.ErrCorrupt, "meta pages are damaged"},
		"a long garbage":  {write(string(bytes.Repeat([]byte("garbage"), 10000))), store.ErrCorrupt, "not a bbolt file"},
		"another bbolt file": {func(t *testing.T) string {
			path := newPath(t)
			db, err := bbolt.Open(path, 0o600, nil)
			require.NoError(t, err)
			require.NoError(t, db.Close())
			return path
		}, store.ErrCorrupt, "not a liveness store"},
		"a file that was cut off": {func(t *testing.T) string {
			path := made(t)
			require.NoError(t, os.Truncate(path, 5*4096))
			return path
		}, store.ErrCorrupt, "cut off"},
		"a damaged record": {func(t *testing.T) string {
			return rewritten(t, func(tx *bbolt.Tx) error { return tx.Bucket(ids.name()).Put([]byte("a"), []byte("12345678")) })
		}, store.ErrCorrupt, "ids: a record is damaged"},
		"a record that was moved": {func(t *testing.T) string {
			return rewritten(t, func(tx *bbolt.Tx) error {
				b := tx.Bucket(ids.name())
				value := bytes.Clone(b.Get([]byte("a")))
				if err := b.Delete([]byte("a")); err != nil {
					return err
				}
				return b.Put([]byte("b"), value)
			})
		}, store.ErrCorrupt, "ids: a record is damaged"},
		"a record that is missing": {func(t *testing.T) string {
			return rewritten(t, func(tx *bbolt.Tx) error { return tx.Bucket(ids.name()).Delete([]byte("a")) })
		}, store.ErrCorrupt, "records are missing"},
		"a bucket that is missing": {func(t *testing.T) string {
			return rewritten(t, func(tx *bbolt.Tx) error { return tx.DeleteBucket(public.name()) })
		}, store.ErrCorrupt, "the bucket urls is missing"},
		"another format": {func(t *testing.T) string { return ofFormat(t, format+1) }, store.ErrCorrupt, "it has format 4, this program reads format 3"},
		"a file in use": {func(t *testing.T) string {
			path := newPath(t)
			box(t, path, Options{})
			return path
		}, store.ErrLocked, "in use"},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.path(t)
			s, err := Open(path, Options{LockTimeout: time.Millisecond})
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, path)
			require.Nil(t, s)
			var whole *store.Error
			require.ErrorAs(t, err, &whole)
		})
	}
	t.Run("no path", func(t *testing.T) {
		_, err := Open("", Options{})
		require.ErrorIs(t, err, store.ErrInvalid)
	})
}

func TestWrongOptionsAreNamed(t *testing.T) {
	for field, o := range map[string]Options{
		"TTLs.URL":    {TTLs: store.TTLs{URL: -1}},
		"LockTimeout": {LockTimeout: -1},
		"Checkpoint":  {Checkpoint: 2 * time.Hour},
		"OnCorrupt":   {OnCorrupt: 7},
		"KeepDeaths":  {KeepDeaths: -1},
		"MaxDeaths":   {MaxDeaths: -1},
	} {
		path := newPath(t)
		_, err := Open(path, o)
		require.ErrorIs(t, err, store.ErrInvalid)
		require.ErrorContains(t, err, field)
		require.NoFileExists(t, path)
	}
}

func TestOpenWaitsForTheLock(t *testing.T) {
	path := newPath(t)
	first := box(t, path, Options{})
	require.NoError(t, first.SetOnline(context.Background(), "a"))
	opened := make(chan *Store)
	go func() {
		s, err := Open(path, Options{LockTimeout: time.Minute})
		if err != nil {
			t.Error(err)
		}
		opened <- s
	}()
	require.NoError(t, first.Close())
	second := <-opened
	require.True(t, online(t, second, "a"))
	require.NoError(t, second.Close())
}

// The process that has the lock puts another file in the place of the one it locked.
func TestOnlyOneHasTheLockThoughTheFileChanges(t *testing.T) {
	const floor = 800
	held, wrong := secondOpeners(made(t), lockFile)
	board.Row(t, "a second opener of a file: holders of its lock at once", board.Figures{
		Operations: held, Violations: len(wrong), FloorOperations: floor,
	})
	require.NoError(t, errors.Join(wrong...))
}

// A lock that does not look whether the file is still the one at its path.
func TestTwoHoldersOfALockAreFound(t *testing.T) {
	const tries = 50
	for range tries {
		_, wrong := secondOpeners(made(t), func(path string, _ time.Duration) (*os.File, error) {
			for {
				f, err := os.OpenFile(path, os.O_RDWR, 0)
				if err != nil {
					return nil, err
				}
				time.Sleep(rand.N(time.Millisecond))
				if locked, err := lock(f); locked || err != nil {
					return f, err
				}
				f.Close()
			}
		})
		if len(wrong) > 0 {
			return
		}
	}
	t.Error("in no run were there two")
}

// secondOpeners lets many take the lock of a file, and returns how often one had it, and
// what went wrong.
func secondOpeners(path string, lockFile func(string, time.Duration) (*os.File, error)) (n int, wrong []error) {
	const holders, turns = 8, 100
	var holding, held atomic.Int32
	hold := func() error {
		f, err := lockFile(path, time.Minute)
		if err != nil {
			return err
		}
		defer f.Close()
		n := holding.Add(1)
		held.Add(1)
		next, err := os.CreateTemp(filepath.Dir(path), "next")
		if err != nil {
			return err
		}
		defer next.Close()
		defer holding.Add(-1)
		if n != 1 {
			return fmt.Errorf("%d have the lock", n)
		}
		if _, err := lock(next); err != nil {
			return err
		}
		return os.Rename(next.Name(), path)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range holders {
		wg.Go(func() {
			for range turns {
				if err := hold(); err != nil {
					mu.Lock()
					wrong = append(wrong, err)
					mu.Unlock()
					return
				}
			}
		})
	}
	wg.Wait()
	return int(held.Load()), wrong
}

func TestARefusedFileCanBeOpenedByOthers(t *testing.T) {
	path := rewritten(t, func(tx *bbolt.Tx) error { return tx.DeleteBucket(public.name()) })
	_, err := Open(path, Options{})
	require.ErrorIs(t, err, store.ErrCorrupt)
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Millisecond})
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestADamagedFileIsSetAside(t *testing.T) {
	path := newPath(t)
	var log bytes.Buffer
	o := Options{OnCorrupt: CorruptSetAside, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	for damage := range 3 {
		require.NoError(t, os.WriteFile(path, []byte{byte(damage)}, 0o600))
		s := box(t, path, o)
		require.False(t, online(t, s, "a"))
		require.NoError(t, s.SetOnline(context.Background(), "a"))
		require.NoError(t, s.Close())
	}
	aside, err := filepath.Glob(path + ".corrupt-*")
	require.NoError(t, err)
	require.Len(t, aside, 3)
	kept := ""
	for _, name := range aside {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		kept += string(b)
		require.Contains(t, log.String(), name)
	}
	require.ElementsMatch(t, []byte{0, 1, 2}, []byte(kept))
}

func TestLeftoversAreRemovedAndNothingElse(t *testing.T) {
	path := made(t)
	beside := func(name string) string { return filepath.Join(filepath.Dir(path), name) }
	require.NoError(t, os.WriteFile(beside(temporary(path)+"123"), []byte("half"), 0o600))
	foreign := []string{
		filepath.Base(path) + ".tmp-1", filepath.Base(path) + ".tmp-backup", filepath.Base(path) + ".notes",
		temporary(path) + "backup", temporary("other.db") + "123",
	}
	for _, name := range foreign {
		require.NoError(t, os.WriteFile(beside(name), nil, 0o600))
	}
	require.True(t, online(t, box(t, path, Options{}), "a"))
	require.ElementsMatch(t, append(foreign, filepath.Base(path)), namesBeside(t, path))
}

func TestLongNames(t *testing.T) {
	const longest = 255 // bytes
	for _, n := range []int{200, 230, 231, 240, 241, 245, 254, longest} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			path := filepath.Join(filepath.Dir(newPath(t)), strings.Repeat("n", n))
			require.NoError(t, growAndShrink(t, path).Close())
			for range 2 {
				require.NoError(t, os.WriteFile(path, nil, 0o600))
				require.NoError(t, box(t, path, Options{OnCorrupt: CorruptSetAside}).Close())
			}
			require.Len(t, namesBeside(t, path), 3)
		})
	}
	for _, name := range []string{strings.Repeat("n", longest+1), strings.Repeat("n/", 2500), "a\x00b"} {
		_, err := Open(filepath.Join(filepath.Dir(newPath(t)), name), Options{})
		require.ErrorIs(t, err, store.ErrInvalid)
	}
}

// Another program does something to the file while it is open.
func TestAFileThatIsNoLongerAtItsPathIsNoticedAtTheNextCheckpoint(t *testing.T) {
	for name, do := range map[string]func(path string) error{
		"removed": os.Remove,
		"renamed": func(path string) error { return os.Rename(path, path+".old") },
		"replaced": func(path string) error {
			return errors.Join(os.WriteFile(path+".new", nil, 0o600), os.Rename(path+".new", path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				path := newPath(t)
				var log bytes.Buffer
				s := box(t, path, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
				require.NoError(t, s.SetOnline(ctx, "a"))
				require.NoError(t, do(path))
				time.Sleep(10 * time.Second)
				require.ErrorIs(t, s.Ping(ctx), store.ErrUnavailable)
				require.ErrorContains(t, s.SetOnline(ctx, "b"), "removed, renamed or replaced")
				require.NoError(t, s.RefreshTTL(ctx, "a"))
				require.ErrorIs(t, s.Close(), store.ErrUnavailable)
				require.Equal(t, 1, strings.Count(log.String(), "cannot be written any more"))
			})
			synctest.Test(t, func(t *testing.T) {
				path := newPath(t)
				s := box(t, path, Options{})
				require.NoError(t, do(path))
				require.ErrorIs(t, s.Close(), store.ErrUnavailable, "also at Close")
			})
		})
	}
}

func TestALinkIsFollowed(t *testing.T) {
	path := made(t)
	link := newPath(t)
	require.NoError(t, os.Symlink(path, link))
	s := box(t, link, Options{})
	require.True(t, online(t, s, "a"))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.Equal(t, os.ModeSymlink, info.Mode().Type())
}

func TestManyCreateOneFile(t *testing.T) {
	path := newPath(t)
	const openers = 16
	failed := make(chan error, openers)
	for range openers {
		go func() {
			s, err := Open(path, Options{LockTimeout: time.Minute})
			if err == nil {
				err = s.SetOnline(context.Background(), "a")
			}
			if err == nil {
				err = s.Close()
			}
			failed <- err
		}()
	}
	for range openers {
		require.NoError(t, <-failed)
	}
	require.Equal(t, []string{filepath.Base(path)}, namesBeside(t, path))
}

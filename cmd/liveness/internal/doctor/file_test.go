//go:build linux

package doctor

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/boltstore"
)

// edge makes a file in which workspaces are online.
func edge(t *testing.T, dir string) (path string) {
	t.Helper()
	path = filepath.Join(dir, "edge.db")
	s := opened(t, path)
	for i := range 30 {
		require.NoError(t, s.Register(t.Context(), fmt.Sprint("agent-", i), "http://a:1", "http://b:1"))
	}
	require.NoError(t, s.Close())
	return path
}

func opened(t *testing.T, path string) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(path, boltstore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// onFile examines a file, and requires that nothing in its directory changes.
func onFile(t *testing.T, path string) func() []Finding {
	return func() []Finding {
		state := func() (all string) {
			entries, err := os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			for _, e := range entries {
				b, err := os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
				require.NoError(t, err)
				info, err := e.Info()
				require.NoError(t, err)
				all += fmt.Sprintf("%s %v %v %x\n", e.Name(), info.Mode(), info.ModTime(), crc32.ChecksumIEEE(b))
			}
			return all
		}
		before := state()
		findings := File(t.Context(), path, Options{})
		require.Equal(t, before, state(), "the examination changed the file")
		return findings
	}
}

// writeStamp gives a file another stamp, with a checksum that is right.
func writeStamp(t *testing.T, path string, change func(stamp []byte)) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		const bucket, key, sum = "meta", "stamp", 4
		value := tx.Bucket([]byte(bucket)).Get([]byte(key))
		stamp := append([]byte(nil), value[:len(value)-sum]...)
		change(stamp)
		sealed := append([]byte{0, byte(len(key)), 0}, key...)
		check := crc32.Checksum(append(sealed, stamp...), crc32.MakeTable(crc32.Castagnoli))
		return tx.Bucket([]byte(bucket)).Put([]byte(key), binary.LittleEndian.AppendUint32(stamp, check))
	}))
	require.NoError(t, db.Close())
}

// small mounts a file system in memory.
func small(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("this user may not mount: ", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

func fileFaults() []fault {
	return []fault{
		{name: "file held by a process", check: "lock", level: Warning, saw: fmt.Sprintf("process %d", os.Getpid()), plant: func(t *testing.T) func() []Finding {
			path := edge(t, t.TempDir())
			opened(t, path)
			return onFile(t, path)
		}},
		{name: "damaged file", check: "contents", level: Wrong, saw: "a record is damaged", plant: func(t *testing.T) func() []Finding {
			path := edge(t, t.TempDir())
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			b = bytes.ReplaceAll(b, []byte("http://a:1"), []byte("http://z:1"))
			require.NoError(t, os.WriteFile(path, b, 0o600))
			return onFile(t, path)
		}},
		{name: "file cut off", check: "contents", level: Wrong, saw: "cut off", plant: func(t *testing.T) func() []Finding {
			path := edge(t, t.TempDir())
			require.NoError(t, os.Truncate(path, int64(3*os.Getpagesize())))
			return onFile(t, path)
		}},
		{name: "later format", check: "contents", level: Wrong, saw: "it has format 9", plant: func(t *testing.T) func() []Finding {
			path := edge(t, t.TempDir())
			writeStamp(t, path, func(stamp []byte) { stamp[0] = 9 })
			return onFile(t, path)
		}},
		{name: "file of another application", check: "contents", level: Wrong, saw: "not a bbolt file", plant: func(t *testing.T) func() []Finding {
			path := filepath.Join(t.TempDir(), "edge.db")
			require.NoError(t, os.WriteFile(path, []byte(fmt.Sprintf("%0100000d", 7)), 0o600))
			return onFile(t, path)
		}},
		{name: "full disk", check: "space", level: Wrong, saw: "left: workspaces that register are refused", plant: func(t *testing.T) func() []Finding {
			dir := small(t, "2m")
			path := edge(t, dir)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "other"), make([]byte, 1<<20), 0o600))
			return onFile(t, path)
		}},
		{name: "file in memory", check: "filesystem", level: Warning, saw: "it lies in memory", plant: func(t *testing.T) func() []Finding {
			return onFile(t, edge(t, small(t, "500m")))
		}},
		{name: "file written in the future", check: "clock", level: Wrong, saw: "and this machine's clock says", plant: func(t *testing.T) func() []Finding {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(60 * 365 * 24 * time.Hour) // from 2000
				edge(t, dir)
			})
			return onFile(t, filepath.Join(dir, "edge.db"))
		}},
		{name: "mode that forbids writing", check: "owner", level: Wrong, saw: "mode 0400", plant: func(t *testing.T) func() []Finding {
			path := edge(t, t.TempDir())
			require.NoError(t, os.Chmod(path, 0o400))
			return onFile(t, path)
		}},
		{name: "mode that lets others write", check: "owner", level: Warning, saw: "others may write it", plant: func(t *testing.T) func() []Finding {
			path := edge(t, t.TempDir())
			require.NoError(t, os.Chmod(path, 0o666))
			return onFile(t, path)
		}},
		{name: "owner who may not use the directory", check: "owner", level: Wrong, saw: "may not make files in", plant: func(t *testing.T) func() []Finding {
			path := edge(t, t.TempDir())
			if err := os.Chown(path, 4711, 4711); err != nil {
				t.Skip("this user may not give files away: ", err)
			}
			return onFile(t, path)
		}},
		{name: "mostly free pages", check: "free pages", level: Warning, saw: "% of 8.", plant: func(t *testing.T) func() []Finding {
			path := edge(t, t.TempDir())
			db, err := bbolt.Open(path, 0o600, nil)
			require.NoError(t, err)
			other := []byte("other")
			require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
				b, err := tx.CreateBucket(other)
				for i := range 2000 {
					if err == nil {
						err = b.Put(binary.BigEndian.AppendUint32(nil, uint32(i)), make([]byte, 4000))
					}
				}
				return err
			}))
			require.NoError(t, db.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket(other) }))
			require.NoError(t, db.Close())
			return onFile(t, path)
		}},
		{name: "no file", check: "file", level: Warning, saw: "there is no file", plant: func(t *testing.T) func() []Finding {
			return onFile(t, filepath.Join(t.TempDir(), "edge.db"))
		}},
		{name: "no directory", check: "file", level: Wrong, saw: "there is no directory", plant: func(t *testing.T) func() []Finding {
			path := filepath.Join(t.TempDir(), "edge", "edge.db")
			return func() []Finding { return File(t.Context(), path, Options{}) }
		}},
	}
}

func TestEveryPlantedFaultOfAFileIsFound(t *testing.T) {
	for _, f := range fileFaults() {
		t.Run(f.name, f.try)
	}
}

func TestAHealthyFile(t *testing.T) {
	each := []string{"ttl", "owner", "lock", "filesystem", "space", "contents", "free pages", "clock", "lives"}

	t.Run("that is closed", func(t *testing.T) {
		findings := onFile(t, edge(t, t.TempDir()))()
		well(t, findings, each...)
	})

	t.Run("that a store is writing", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "edge.db")
		s := opened(t, path)
		done := make(chan error)
		go func() {
			var err error
			for i := 0; i < 300 && err == nil; i++ {
				err = s.SetOnline(t.Context(), fmt.Sprint(i))
			}
			done <- err
		}()
		for writing := true; writing; {
			select {
			case err := <-done:
				require.NoError(t, err)
				writing = false
			default:
			}
			well(t, File(t.Context(), path, Options{}), each...)
		}
	})
}

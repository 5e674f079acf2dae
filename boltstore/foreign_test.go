package boltstore

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/store"
)

// ofFormat returns a file of another version of this program.
func ofFormat(t *testing.T, v uint32) string {
	return rewritten(t, func(tx *bbolt.Tx) error {
		content := stamp{}.encode()
		byteOrder.PutUint32(content, v)
		return tx.Bucket(meta.name()).Put(stampKey(), seal(meta, stampKey(), content))
	})
}

// another returns the path of a bbolt file of another application.
func another(t *testing.T, bucket, key string, value []byte) string {
	t.Helper()
	path := newPath(t)
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte(bucket))
		if err != nil {
			return err
		}
		return b.Put([]byte(key), value)
	}))
	require.NoError(t, db.Close())
	return path
}

// enlarged returns a file whose meta pages say that it has as many pages as fit into
// size, and that was made so long, but has no data there.
func enlarged(t *testing.T, size int64) string {
	path := made(t)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	page := int64(os.Getpagesize())
	const header, length = 16, 64
	for n := range int64(2) {
		b := make([]byte, length)
		_, err := f.ReadAt(b, n*page+header)
		require.NoError(t, err)
		binary.NativeEndian.PutUint64(b[40:], uint64(size/page))
		sum := fnv.New64a()
		sum.Write(b[:length-8])
		binary.NativeEndian.PutUint64(b[length-8:], sum.Sum64())
		_, err = f.WriteAt(b, n*page+header)
		require.NoError(t, err)
	}
	require.NoError(t, f.Truncate(size))
	return path
}

// zeros returns a file that has a size, but no data.
func zeros(t *testing.T) string {
	path := newPath(t)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Truncate(path, 1<<40))
	return path
}

// Whatever is at the path, Open says what that is, for little memory, and sets aside
// only what is damaged.
func TestOnlyADamagedFileIsSetAside(t *testing.T) {
	const most = 4 << 20 // bytes that Open asks for
	withContent := func(content []byte) func(*testing.T) string {
		return func(t *testing.T) string {
			path := newPath(t)
			require.NoError(t, os.WriteFile(path, content, 0o600))
			return path
		}
	}
	for name, c := range map[string]struct {
		path    func(t *testing.T) string
		damaged bool
		says    string
	}{
		"an earlier format": {func(t *testing.T) string { return ofFormat(t, format-1) }, false, "it has format 2, this program reads format 3"},
		"a later format":    {func(t *testing.T) string { return ofFormat(t, format+1) }, false, "it has format 4, this program reads format 3"},
		"a later format with records that are larger than any of this one": {func(t *testing.T) string {
			path := ofFormat(t, format+1)
			db, err := bbolt.Open(path, 0o600, nil)
			require.NoError(t, err)
			require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
				return tx.Bucket(ids.name()).Put([]byte("a"), make([]byte, 1<<20))
			}))
			require.NoError(t, db.Close())
			return path
		}, false, "it has format 4, this program reads format 3"},
		"the bbolt file of another application": {func(t *testing.T) string {
			return another(t, "users", "a", make([]byte, 1<<20))
		}, false, "a bbolt file, but not a liveness store"},
		"one that has a bucket of the same name": {func(t *testing.T) string {
			return another(t, meta.String(), "version", make([]byte, 1<<20))
		}, false, "a bbolt file, but not a liveness store"},
		"a bbolt file without a bucket": {func(t *testing.T) string {
			return rewritten(t, func(tx *bbolt.Tx) error {
				for b := range buckets {
					if err := tx.DeleteBucket(b.name()); err != nil {
						return err
					}
				}
				return nil
			})
		}, false, "a bbolt file, but not a liveness store"},
		"a text":         {withContent(bytes.Repeat([]byte("to whom it may concern\n"), 100)), false, "it is not a bbolt file"},
		"an empty file":  {withContent(nil), true, "it is empty"},
		"zeros":          {zeros, true, "it was never written"},
		"a sparse file":  {func(t *testing.T) string { return enlarged(t, 1<<40) }, true, "it is sparse: page 8 of 268435456 was never written"},
		"a cut-off file": {func(t *testing.T) string { path := made(t); require.NoError(t, os.Truncate(path, 100)); return path }, true, "it was cut off: 100 bytes"},
		"a byte":         {withContent([]byte{1}), true, "damaged"},
		"a missing bucket": {func(t *testing.T) string {
			return rewritten(t, func(tx *bbolt.Tx) error { return tx.DeleteBucket(public.name()) })
		}, true, "the bucket urls is missing"},
		"a damaged record": {func(t *testing.T) string {
			return rewritten(t, func(tx *bbolt.Tx) error { return tx.Bucket(ids.name()).Put([]byte("a"), []byte("12345678")) })
		}, true, "ids: a record is damaged"},
		"a damaged stamp": {func(t *testing.T) string {
			return rewritten(t, func(tx *bbolt.Tx) error { return tx.Bucket(meta.name()).Put(stampKey(), []byte("12345678")) })
		}, true, "a record is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.path(t)
			before, err := os.Stat(path)
			require.NoError(t, err)
			var memory [2]runtime.MemStats
			runtime.ReadMemStats(&memory[0])
			_, err = Open(path, Options{})
			runtime.ReadMemStats(&memory[1])
			require.ErrorIs(t, err, store.ErrCorrupt)
			require.ErrorContains(t, err, c.says)
			require.Less(t, memory[1].TotalAlloc-memory[0].TotalAlloc, uint64(most))

			s, err := Open(path, Options{OnCorrupt: CorruptSetAside})
			if c.damaged {
				require.NoError(t, err)
				require.NoError(t, s.Close())
				require.Len(t, namesBeside(t, path), 2)
				return
			}
			require.ErrorIs(t, err, store.ErrCorrupt)
			after, err := os.Stat(path)
			require.NoError(t, err)
			require.True(t, os.SameFile(before, after))
			require.Equal(t, []time.Time{before.ModTime()}, []time.Time{after.ModTime()})
			require.Len(t, namesBeside(t, path), 1)
		})
	}
}

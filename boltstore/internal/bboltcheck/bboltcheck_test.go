package bboltcheck

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// writtenByBbolt returns the path of a bbolt file, and its branch pages, after
// many commits; each was checked.
func writtenByBbolt(t *testing.T) (path string, branches []int) {
	t.Helper()
	const commits, keys = 400, 4000
	path = filepath.Join(t.TempDir(), "pages.db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	require.NoError(t, err)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, seed))
	bucket := []byte("records")
	for range commits {
		require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists(bucket)
			if err != nil {
				return err
			}
			from, grows := random.IntN(keys), random.IntN(3) > 0
			for i := range random.IntN(keys / 4) {
				key := fmt.Appendf(nil, "%04d%0*d.", (from+i)%keys, random.IntN(2)*40, 0)
				if grows {
					err = b.Put(key, make([]byte, random.IntN(50)))
				} else {
					err = b.Delete(key)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}))
		require.NoError(t, checkFile(path), "seed %d", seed)
	}
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		for id := 0; ; id++ {
			page, err := tx.Page(id)
			if page == nil || err != nil {
				return err
			}
			if page.Type == "branch" {
				branches = append(branches, id)
			}
			id += page.OverflowCount
		}
	}))
	require.NoError(t, db.Close())
	return path, branches
}

func checkFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return check(f)
}

func check(f *os.File) error {
	file, err := New(f)
	if err != nil {
		return err
	}
	return file.Check(func(_, _, _ []byte) error { return nil })
}

func TestWhatBboltWritesIsWhole(t *testing.T) {
	_, branches := writtenByBbolt(t)
	require.NotEmpty(t, branches)
}

// A branch whose first key is too small finds everything, until bbolt writes
// by it.
func TestADamagedBranchIsRefused(t *testing.T) {
	path, branches := writtenByBbolt(t)
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	for _, id := range branches {
		element := id*os.Getpagesize() + pageHeader
		for bit := range 8 * 16 {
			at, mask := element+bit/8, byte(1)<<(bit%8)
			file[at] ^= mask
			require.NoError(t, os.WriteFile(damaged, file, 0o600))
			require.Error(t, checkFile(damaged), "page %d, bit %d of the first element", id, bit)
			file[at] ^= mask
		}
	}
}

// A page that claims most of a large file costs no memory.
func TestADamagedHeaderAsksForLittleMemory(t *testing.T) {
	const pageSize, pages, most = 4096, 1 << 16, 8 << 20
	for name, flags := range map[string]uint16{"a leaf": leafPage, "a branch": branchPage, "the list of free pages": freelistPage} {
		t.Run(name, func(t *testing.T) {
			const root = 2
			meta := native.AppendUint32(nil, metaMagic)
			meta = native.AppendUint32(meta, metaVersion)
			meta = native.AppendUint64(meta, pageSize)
			for _, n := range []uint64{root, 0, root, pages, 1} { // root, sequence, freelist, high, txid
				meta = native.AppendUint64(meta, n)
			}
			sum := fnv.New64a()
			sum.Write(meta)
			page := native.AppendUint64(nil, root)
			page = native.AppendUint16(page, flags)
			page = native.AppendUint16(page, 1)
			page = native.AppendUint32(page, pages-root-1)
			path := filepath.Join(t.TempDir(), "damaged.db")
			file, err := os.Create(path)
			require.NoError(t, err)
			defer file.Close()
			require.NoError(t, file.Truncate(pages*pageSize))
			_, err = file.WriteAt(native.AppendUint64(meta, sum.Sum64()), pageHeader)
			require.NoError(t, err)
			_, err = file.WriteAt(page, root*pageSize)
			require.NoError(t, err)

			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			require.ErrorContains(t, check(file), "page 2")
			runtime.ReadMemStats(&after)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(most))
		})
	}
}

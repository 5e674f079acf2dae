package boltstore

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// writtenByBbolt returns the path of a bbolt file, and its branch pages, after
// many commits, each of which was checked.
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
	return checkPages(f)
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

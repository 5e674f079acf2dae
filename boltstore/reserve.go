package boltstore

import (
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// bbolt never overwrites a page that is in use: even to delete it needs free
// ones. The file keeps some, on the disk and not only in its size, so that
// Clear and checkpoints go on when the disk is full.
const (
	minReserve = 32 // pages
	slack      = 32 // pages added beyond the reserve, so that few calls add any
)

// reserve returns how many pages a file with that many used pages keeps free.
func reserve(used int64) int64 { return max(minReserve, used/8) }

// makeRoom restores the reserve. It returns errNoRoom if the disk, or the limit that a
// test sets, has no room for it.
func (f *file) makeRoom() error {
	if f.broken != nil {
		return f.broken
	}
	var high int64 // the high-water mark of bbolt, in pages
	err := f.guard(func() error {
		return f.db.View(func(tx *bbolt.Tx) error {
			high = tx.Size()
			return nil
		})
	})
	if err != nil {
		return f.breaks(err)
	}
	high /= f.pageSize
	stats := f.db.Stats()
	free := int64(stats.FreePageN + stats.PendingPageN)
	want := reserve(high - free)
	enough := func() bool {
		tail := max(0, f.allocated/f.pageSize-high)
		return free+tail >= want && tail >= minReserve/4
	}
	if enough() {
		return nil
	}
	err = f.extend(max(f.allocated, high*f.pageSize), (high+want+slack)*f.pageSize)
	if errors.Is(err, errNoRoom) && enough() {
		return nil // there was no room for the slack alone
	}
	return err
}

// extend writes zeros from one offset to another, page by page: some
// kernels keep one large write in one piece, and count it as written again whole.
func (f *file) extend(from, to int64) error {
	if most := f.host.maxSize(); most > 0 && to > int64(most) {
		return fmt.Errorf("%w: the file may have %d bytes", errNoRoom, most)
	}
	zeros := make([]byte, f.pageSize)
	for from < to {
		n, err := f.os.WriteAt(zeros[:min(int64(len(zeros)), to-from)], from)
		from += int64(n)
		f.allocated = from
		if err != nil && outOfRoom(err) {
			return fmt.Errorf("%w: %v", errNoRoom, err)
		}
		if err != nil {
			return f.breaks(err)
		}
	}
	if err := f.os.Sync(); err != nil {
		return f.breaks(err)
	}
	return nil
}

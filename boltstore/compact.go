package boltstore

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Compact makes the file at path as small as its data allows, and returns its size before
// and after, in bytes. It leaves a file alone that is less than an eighth larger. No data
// is lost, and the owner and the mode stay. The new file replaces the old one once it is on
// the disk: if the process or the machine stops, one of the two is there, whole. The options
// are those with which a store opens the file: OnCorrupt has its effect here too, and a
// shorter KeepDeaths or a lower MaxDeaths may drop deaths.
//
// An open store compacts its file by itself when the file is more than twice as large as
// its data needs. Compact is for a file that is to be copied, or whose disk is almost full.
// It needs space on the disk for the new file beside the old one.
//
// The errors are those of Open, but a file that does not exist is ErrInvalid. If
// the new file cannot be written, the old one stays and the error unwraps to
// ErrUnavailable.
func Compact(path string, o Options) (before, after int64, err error) {
	return compactFile(path, o, host{})
}

func compactFile(path string, o Options, h host) (before, after int64, err error) {
	const op = "Compact"
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, 0, driver.Errorf(op, "", store.ErrInvalid, "%s does not exist", path)
	case err != nil:
		return 0, 0, cannotOpen(path, err)
	}
	s, k, err := openIdle(path, o, h)
	if err != nil {
		return 0, 0, err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // see openIdle
	now, dropped := k.time.now(), k.dropped()
	if need := k.needed(now, dropped); info.Size() > need+need/8 {
		if err = k.rewrite(now, dropped); err != nil {
			err = cannotWrite(op, path, k.logBroken(err))
		}
	}
	s.start(k)
	if err = cmp.Or(err, s.Close()); err != nil {
		return 0, 0, err
	}
	smaller, err := os.Stat(path)
	if err != nil {
		return 0, 0, cannotOpen(path, err)
	}
	return info.Size(), smaller.Size(), nil
}

// dropped returns the workspaces that a smaller file does without.
func (k *committer) dropped() map[string]bool {
	list, _ := k.droppedIDs()
	set := make(map[string]bool, len(list))
	for _, id := range list {
		set[id] = true
	}
	return set
}

// compact puts a smaller file in place of one that is too large, and reports whether it did:
// bbolt reuses free pages and never returns them. A file that is a mount point stays.
func (k *committer) compact() bool {
	now := k.time.now()
	dropped := k.dropped()
	if k.file.broken != nil || now < k.compactAt || !k.mayGoOn() || !k.tooLarge(now, dropped) {
		return false
	}
	if err := k.rewrite(now, dropped); err != nil {
		const pause = time.Hour // a failure may have written as much as a success
		k.compactAt = now + pause
		if errors.Is(err, syscall.EBUSY) { // the file is a mount point
			k.compactAt = math.MaxInt64
		}
		k.log.Warn("liveness: the file could not be made smaller", "path", k.file.path, "error", k.logBroken(err))
		return false
	}
	return true
}

// tooLarge reports whether the file is more than twice as large as its data needs, without
// the dropped workspaces.
func (k *committer) tooLarge(now time.Duration, dropped map[string]bool) bool {
	size, err := k.file.size()
	return err == nil && size > 2*k.needed(now, dropped)
}

// needed returns the least size, in bytes, of a file without the dropped workspaces.
func (k *committer) needed(now time.Duration, dropped map[string]bool) int64 {
	const perRecord = 16 + 4 + 4 // its element in a page of bbolt, slot or deadline, checksum
	var n, slots int64
	for i := range k.table.slots {
		if s := &k.table.slots[i]; s.id != "" && !dropped[s.id] {
			n += int64(len(s.id)) + perRecord
			slots++
		}
	}
	n += (slots + slotsPerBlock - 1) / slotsPerBlock * narrowLen
	for _, u := range []*urlCache{&k.memory.public, &k.memory.internal} {
		for id, c := range u.byID {
			if now < c.Until {
				n += int64(len(id)+len(c.URL)) + perRecord
			}
		}
	}
	page := k.file.pageSize
	return n + (reserve(n/page)+slack)*page
}

// rewrite puts a new file in the place of the old one. No other process can open
// the path meanwhile: the new file is locked before it has that name.
func (k *committer) rewrite(now time.Duration, dropped map[string]bool) error {
	info, err := k.file.os.Stat()
	if err != nil {
		return err
	}
	if !isAt(k.file.os, k.file.path) {
		return errors.New("the file is no longer at its path")
	}
	next := k.table.compacted(now, dropped)
	f, err := newFile(k.file.path, k.file.host, info, func(f *file) error {
		f.last = k.file.last
		f.last.records = counts{}
		now := k.time.now() // to make a file takes a while
		return f.update(k.stamp(now), func(t *txn) error {
			t.fill = 0.9
			t.dropped += int64(len(dropped))
			return k.writeAll(t, next, now)
		})
	})
	if err != nil {
		return err
	}
	if err := os.Rename(f.os.Name(), f.path); err != nil {
		os.Remove(f.os.Name())
		f.close()
		return err
	}
	old := k.file
	k.file, k.table = f, next
	old.close()
	if err := syncDir(f.path); err != nil {
		return f.breaks(err)
	}
	return nil
}

// compacted returns a copy of the table at now, without the dropped workspaces.
func (t *table) compacted(now time.Duration, dropped map[string]bool) *table {
	next := newTable(0, 0)
	for i := range t.slots {
		if s := &t.slots[i]; s.id != "" && !dropped[s.id] {
			next.slots[next.allocate(s.id)] = *s
		}
	}
	for b := range uint32(len(next.slots) / slotsPerBlock) {
		next.follow(b, now)
	}
	return next
}

// writeAll writes the table and the URLs, in the order of their keys.
func (k *committer) writeAll(t *txn, next *table, now time.Duration) error {
	if err := createBuckets(t); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(next.slotOf)) {
		if err := t.put(ids, []byte(id), encodeSlot(next.slotOf[id], next.slots[next.slotOf[id]].mark)); err != nil {
			return err
		}
	}
	if err := next.writeDirty(t, now); err != nil {
		return err
	}
	next.commit()
	for b, u := range map[bucket]*urlCache{public: &k.memory.public, internal: &k.memory.internal} {
		for _, id := range slices.Sorted(maps.Keys(u.byID)) {
			if now >= u.byID[id].Until {
				continue
			}
			if err := t.put(b, []byte(id), encodeURL(u.byID[id])); err != nil {
				return err
			}
		}
	}
	return nil
}

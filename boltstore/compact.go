package boltstore

import (
	"errors"
	"maps"
	"os"
	"slices"
	"time"
)

// compact writes the file anew if it has become twice as large as it need be:
// bbolt reuses its free pages but never returns them.
func (k *committer) compact() {
	now := k.time.now()
	size, err := k.file.size()
	if err != nil || k.file.broken != nil || now < k.compactAt || size <= 2*k.needed(now) {
		return
	}
	if err := k.rewrite(now); err != nil {
		const pause = time.Hour // a failure may have written as much as a success
		k.compactAt = now + pause
		k.log.Warn("liveness: the file could not be made smaller", "path", k.file.path, "error", k.watch(err))
	}
}

// needed returns how large, in bytes, a file with what lives at now is at
// least.
func (k *committer) needed(now time.Duration) int64 {
	const perRecord = 16 + 8 // of bbolt, and slot or deadline and checksum
	var n, lives int64
	for i := range k.table.slots {
		if s := &k.table.slots[i]; s.id != "" && !s.over(now) {
			n += int64(len(s.id)) + perRecord
			lives++
		}
	}
	n += (lives + slotsPerPage - 1) / slotsPerPage * pageLen
	for _, u := range []*urls{&k.memory.public, &k.memory.internal} {
		for id, c := range u.of {
			if now < c.deadline {
				n += int64(len(id)+len(c.url)) + perRecord
			}
		}
	}
	page := k.file.page
	return n + (reserve(n/page)+slack)*page
}

// rewrite puts a new file in the place of the old one. Nobody can have the
// path open meanwhile: the new file is locked before it has that name.
func (k *committer) rewrite(now time.Duration) error {
	info, err := k.file.os.Stat()
	if err != nil {
		return err
	}
	if !isAt(k.file.os, k.file.path) {
		return errors.New("the file is no longer at its path")
	}
	next := k.table.compacted(now)
	f, err := build(k.file.path, k.file.seams, info.Mode().Perm(), func(f *file) error {
		f.last.seq = k.file.last.seq
		s := k.time.stamp(now)
		s.checkpoint = k.checkpoint
		return f.update(s, func(t *txn) error {
			t.fill = 0.9
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

// compacted returns a table of what lives at now.
func (t *table) compacted(now time.Duration) *table {
	next := newTable()
	for i := range t.slots {
		if s := t.slots[i]; s.id != "" && !s.over(now) {
			n, _ := next.grant(s.id, s.until)
			next.slots[n] = s
		}
	}
	for p := range uint32(len(next.slots) / slotsPerPage) {
		next.follow(p, now)
	}
	return next
}

// writeAll writes the table and the URLs, in the order of their keys.
func (k *committer) writeAll(t *txn, next *table, now time.Duration) error {
	if err := createBuckets(t); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(next.of)) {
		if err := t.put(ids, []byte(id), encodeSlot(next.of[id])); err != nil {
			return err
		}
	}
	if err := next.writeDirty(t, now); err != nil {
		return err
	}
	next.commit()
	for b, u := range map[bucket]*urls{public: &k.memory.public, internal: &k.memory.internal} {
		for _, id := range slices.Sorted(maps.Keys(u.of)) {
			if now >= u.of[id].deadline {
				continue
			}
			if err := t.put(b, []byte(id), encodeURL(u.of[id])); err != nil {
				return err
			}
		}
	}
	return nil
}

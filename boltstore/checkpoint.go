package boltstore

import (
	"maps"
	"slices"
	"time"
)

// How much one transaction of a checkpoint does: no more than the reserve of
// pages bears.
const (
	pagesPerCommit = 24
	deadPerCommit  = 16
)

// followMemory writes the deadlines that heartbeats have moved and removes
// what is over. Callers are served in between. Where nobody is online and
// nothing is left to remove it writes nothing.
func (k *committer) followMemory() {
	began := k.time.now()
	k.writeMoved()
	if k.file.last.now < began {
		k.writeTime()
	}
	k.memory.roster.Bury()
	for k.memory.roster.GiveUp() {
	}
	if !k.compact() {
		k.removeGone()
	}
	k.removeOldURLs(public, &k.memory.public)
	k.removeOldURLs(internal, &k.memory.internal)
}

// writeMoved returns an error if not all was written.
func (k *committer) writeMoved() error {
	for pages := range slices.Chunk(k.table.movedPages(k.time.now()), pagesPerCommit) {
		now := k.time.now()
		err := k.update(now, false, func(*txn) error {
			for _, p := range pages {
				k.table.follow(p, now)
			}
			return nil
		})
		if err != nil {
			return err
		}
		k.serveNext()
	}
	return nil
}

// writeTime lets the file know how late it is, if by what it says somebody is
// online.
func (k *committer) writeTime() {
	last := k.file.last.now
	if slices.ContainsFunc(k.table.slots, func(s slot) bool { return s.until > last }) {
		k.update(k.time.now(), false, func(*txn) error { return nil })
	}
}

func (t *table) movedPages(now time.Duration) (moved []uint32) {
	for p := range uint32(len(t.slots) / slotsPerPage) {
		page := t.page(p)
		if slices.ContainsFunc(page, func(s slot) bool { return s.moved(now) }) {
			moved = append(moved, p)
		}
	}
	return moved
}

func (t *table) writeDirty(tx *txn, now time.Duration) error {
	for _, p := range slices.Sorted(maps.Keys(t.dirty)) {
		if err := tx.put(deadlines, pageKey(p), encodePage(now, t.page(p))); err != nil {
			return err
		}
	}
	return nil
}

// gone returns the ids of the workspaces in the file that are forgotten in
// memory, because nobody claimed their deaths in time, and how many deaths
// were dropped so.
func (k *committer) gone() (list []string, dropped int64) {
	dropped = k.memory.roster.State().Dropped
	if dropped == k.file.last.dropped {
		return nil, dropped
	}
	now := k.time.now()
	for i := range k.table.slots {
		if s := &k.table.slots[i]; k.isGone(s, now) {
			list = append(list, s.id)
		}
	}
	return list, dropped
}

func (k *committer) isGone(s *slot, now time.Duration) bool {
	return s.id != "" && s.over(now) && !k.memory.roster.Knows(s.id)
}

// removeGone removes what is gone from the file. Of the deaths that were
// dropped some may never have been there, because they were adopted.
func (k *committer) removeGone() {
	list, dropped := k.gone()
	done := k.remove(list, func(t *txn, now time.Duration, id string) error {
		n, held := k.table.of[id]
		if !held || !k.isGone(&k.table.slots[n], now) {
			return nil
		}
		t.dropped++
		k.table.release(id)
		return t.delete(ids, []byte(id))
	})
	if done && k.file.last.dropped < dropped {
		k.update(k.time.now(), false, func(t *txn) error {
			t.dropped = dropped
			return nil
		})
	}
}

func (k *committer) removeOldURLs(b bucket, u *urls) {
	var old []string
	now := k.time.now()
	for id, c := range u.of {
		if now >= c.deadline {
			old = append(old, id)
		}
	}
	k.remove(old, func(t *txn, now time.Duration, id string) error {
		if c, held := u.of[id]; !held || now < c.deadline {
			return nil
		}
		t.then = append(t.then, func() { k.memory.forget(u, id) })
		return t.delete(b, []byte(id))
	})
}

// remove calls do for each id, in bounded transactions, and reports whether all
// is done.
func (k *committer) remove(gone []string, do func(t *txn, now time.Duration, id string) error) bool {
	slices.Sort(gone) // what lies side by side goes together
	for chunk := range slices.Chunk(gone, deadPerCommit) {
		now := k.time.now()
		err := k.update(now, false, func(t *txn) error {
			for _, id := range chunk {
				if err := do(t, now, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return false
		}
		k.serveNext()
	}
	return true
}

// closeCleanly writes every deadline down and marks the file as not behind.
// It does so twice, because bbolt goes back to the transaction before if the
// page of the last one is damaged.
func (k *committer) closeCleanly() error {
	if err := k.writeMoved(); err != nil {
		return err
	}
	for range 2 {
		if err := k.update(k.time.now(), true, func(*txn) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

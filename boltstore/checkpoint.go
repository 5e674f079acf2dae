package boltstore

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"
)

// How much one transaction of a checkpoint does at least: no more than the reserve
// of pages bears, and that grows with the file.
const (
	pagesPerCommit = 24
	deadPerCommit  = 16
)

// followMemory writes the deadlines that heartbeats have moved, and then removes
// data that is over until the next checkpoint is due. Callers are served in
// between. Where no workspace is online and nothing is left to remove it writes
// nothing.
func (k *committer) followMemory() {
	k.lookForFile()
	began := k.time.now()
	moved := k.movedPages()
	k.slowest -= k.slowest / 8
	k.next = began + k.interval(len(moved))
	k.writeMoved(moved)
	if k.file.last.now < began {
		k.writeTime()
	}
	k.forgot = false
	served := 0
	reaped := k.memory.roster.Reap(func(dead int) bool {
		if dead-served >= perCommit {
			served = dead
			k.serveNext()
		}
		return k.mayGoOn()
	})
	for k.mayGoOn() && k.memory.roster.Drop() {
		k.serveNext()
	}
	if !k.compact() {
		k.removeGone()
	}
	k.removeOldURLs(public)
	k.removeOldURLs(internal)
	if k.rest = 0; reaped && k.mayGoOn() {
		k.rest = k.quietUntil()
	}
}

// quietUntil returns when something falls due that no call brings. Where it returns a
// time that has passed, a checkpoint does: a workspace that is online may be heard from
// at any time.
func (k *committer) quietUntil() time.Duration {
	now, last := k.time.now(), k.file.last
	if last.dropped != k.memory.roster.State().Dropped ||
		slices.ContainsFunc(k.table.slots, func(s slot) bool { return !s.settled(now) || s.outlives(last.now) }) {
		return 0
	}
	until := min(k.memory.public.first(), k.memory.internal.first(), k.memory.roster.NextDrop())
	if k.tooLarge(now, nil) {
		return min(until, k.compactAt)
	}
	return until
}

// lookForFile breaks the file if it is no longer at its path: what would be written
// is lost for the next process.
func (k *committer) lookForFile() {
	_, err := os.Stat(k.file.path)
	if (err == nil || errors.Is(err, fs.ErrNotExist)) && !isAt(k.file.os, k.file.path) {
		k.watch(k.file.breaks(errors.New("it was removed, renamed or replaced by another program")))
	}
}

// mayGoOn reports whether there is time for anything else before the next
// checkpoint.
func (k *committer) mayGoOn() bool { return k.time.now() < k.next && !k.queue.isClosed() }

// mayForget reports whether there is time for a transaction that removes data. One
// has its turn after each checkpoint, however slow the disk is.
func (k *committer) mayForget() bool {
	first := !k.forgot && !k.queue.isClosed()
	k.forgot = true
	return first || k.mayGoOn()
}

// movedPages returns the pages that a checkpoint writes, by transaction.
func (k *committer) movedPages() [][]uint32 {
	const transactions = 8 // unless each would be very small
	moved := k.table.movedPages(k.time.now())
	return slices.Collect(slices.Chunk(moved, max(pagesPerCommit, len(moved)/transactions+1)))
}

// writeMoved stops for Close, which writes all that moved.
func (k *committer) writeMoved(moved [][]uint32) {
	for _, pages := range moved {
		if k.queue.isClosed() || k.writePages(pages, false) != nil {
			return
		}
		k.serveNext()
	}
}

func (k *committer) writePages(pages []uint32, clean bool) error {
	now := k.time.now()
	return k.update(now, clean, func(*txn) error {
		for _, p := range pages {
			k.table.follow(p, now)
		}
		return nil
	})
}

// writeTime writes the time to the file, if a workspace is online by its
// deadline there.
func (k *committer) writeTime() {
	last := k.file.last.now
	if slices.ContainsFunc(k.table.slots, func(s slot) bool { return s.outlives(last) }) {
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

// gone returns the ids of the workspaces in the file whose deaths were dropped
// in memory, and how many deaths were dropped.
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
	return s.id != "" && s.dead(now) && !k.memory.roster.Knows(s.id)
}

// removeGone removes from the file the workspaces whose deaths were dropped.
func (k *committer) removeGone() {
	list, dropped := k.gone()
	done := k.remove(list, func(t *txn, now time.Duration, id string) error {
		n, held := k.table.of[id]
		if !held || !k.isGone(&k.table.slots[n], now) {
			return nil
		}
		t.dropped++
		return k.release(t, id)
	})
	if done && k.file.last.dropped < dropped && k.mayForget() {
		k.update(k.time.now(), false, func(t *txn) error {
			t.dropped = dropped
			return nil
		})
	}
}

func (k *committer) removeOldURLs(b bucket) {
	var old []string
	u := k.memory.kind(b)
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
		t.then = append(t.then, func() { k.memory.forget(b, id) })
		return t.delete(b, []byte(id))
	})
}

// remove calls do for each id, in bounded transactions, and reports whether all
// is done. It stops for the next checkpoint and for Close: the others are removed
// later.
func (k *committer) remove(gone []string, do func(t *txn, now time.Duration, id string) error) bool {
	slices.Sort(gone) // what lies side by side goes together
	const share = 18  // of the file; a ninth of it or more is spare
	for chunk := range slices.Chunk(gone, max(deadPerCommit, int(k.file.solid/k.file.page/share))) {
		if !k.mayForget() {
			return false
		}
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
// The last two transactions say so, because bbolt goes back to the one before if
// the page of the last is damaged.
func (k *committer) closeCleanly() error {
	k.lookForFile()
	moved := append(k.movedPages(), nil)
	if len(moved) == 1 {
		moved = append(moved, nil)
	}
	for i, pages := range moved {
		if err := k.writePages(pages, i >= len(moved)-2); err != nil {
			return err
		}
	}
	return nil
}

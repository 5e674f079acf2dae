package boltstore

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"
)

// A transaction of a checkpoint on the smallest file writes so much: more would need more
// free pages than its reserve has. On a larger file it writes more.
const (
	blocksPerCommit   = 24
	removalsPerCommit = 16
)

// writeCheckpoint writes the deadlines that heartbeats have moved. Until the next
// checkpoint is due it removes data that is over. After each transaction it serves the
// calls that wait. It writes nothing if no workspace is online and nothing is left to
// remove.
func (k *committer) writeCheckpoint() {
	k.breakIfReplaced()
	began := k.time.now()
	moved := k.movedBlocks()
	k.slowest -= k.slowest / 8
	k.nextCheckpoint = began + k.interval(len(moved))
	k.writeMoved(moved)
	if k.file.last.now < began {
		k.writeTime()
	}
	k.removed = false
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
		k.removeDropped()
	}
	k.removeExpiredURLs(public)
	k.removeExpiredURLs(internal)
	if k.idleUntil = 0; reaped && k.mayGoOn() {
		k.idleUntil = k.quietUntil()
	}
}

// quietUntil returns the time until which no checkpoint is needed, unless a call comes. It
// returns 0 while a workspace is online, since a heartbeat may come at any time.
func (k *committer) quietUntil() time.Duration {
	now, last := k.time.now(), k.file.last
	if last.dropped != k.memory.roster.State().Dropped ||
		slices.ContainsFunc(k.table.slots, func(s slot) bool { return !s.needsNoWrite(now) || s.onlineAt(last.now) }) {
		return 0
	}
	until := min(k.memory.public.firstDeadline(), k.memory.internal.firstDeadline(), k.memory.roster.NextDrop())
	if k.tooLarge(now, nil) {
		return min(until, k.compactAt)
	}
	return until
}

// breakIfReplaced breaks the file if another is at its path, or none: the next process
// would not find what this one writes.
func (k *committer) breakIfReplaced() {
	_, err := os.Stat(k.file.path)
	if (err == nil || errors.Is(err, fs.ErrNotExist)) && !isAt(k.file.os, k.file.path) {
		k.logBroken(k.file.breaks(errors.New("it was removed, renamed or replaced by another program")))
	}
}

// mayGoOn reports whether there is time for anything else before the next
// checkpoint.
func (k *committer) mayGoOn() bool { return k.time.now() < k.nextCheckpoint && !k.queue.isClosed() }

// mayRemove reports whether there is time for a transaction that removes data. After each
// checkpoint there is time for one, however slow the disk is.
func (k *committer) mayRemove() bool {
	first := !k.removed && !k.queue.isClosed()
	k.removed = true
	return first || k.mayGoOn()
}

// movedBlocks returns the blocks that a checkpoint writes, by transaction.
func (k *committer) movedBlocks() [][]uint32 {
	const transactions = 8 // unless each would be very small
	moved := k.table.movedBlocks(k.time.now())
	return slices.Collect(slices.Chunk(moved, max(blocksPerCommit, len(moved)/transactions+1)))
}

// writeMoved stops for Close, which writes all that moved.
func (k *committer) writeMoved(moved [][]uint32) {
	for _, blocks := range moved {
		if k.queue.isClosed() || k.writeBlocks(blocks, false) != nil {
			return
		}
		k.serveNext()
	}
}

func (k *committer) writeBlocks(blocks []uint32, clean bool) error {
	now := k.time.now()
	return k.transact(now, clean, func(*txn) error {
		for _, b := range blocks {
			k.table.follow(b, now)
		}
		return nil
	})
}

// writeTime writes the time to the file, if a workspace is online by the file.
func (k *committer) writeTime() {
	last := k.file.last.now
	if slices.ContainsFunc(k.table.slots, func(s slot) bool { return s.onlineAt(last) }) {
		k.transact(k.time.now(), false, func(*txn) error { return nil })
	}
}

func (t *table) movedBlocks(now time.Duration) (moved []uint32) {
	for b := range uint32(len(t.slots) / slotsPerBlock) {
		if slices.ContainsFunc(t.block(b), func(s slot) bool { return s.moved(now) }) {
			moved = append(moved, b)
		}
	}
	return moved
}

func (t *table) writeDirty(tx *txn, now time.Duration) error {
	for _, b := range slices.Sorted(maps.Keys(t.dirty)) {
		if err := tx.put(deadlines, blockKey(b), encodeBlock(now, t.block(b))); err != nil {
			return err
		}
	}
	return nil
}

// droppedIDs returns the workspaces in the file whose deaths were dropped in memory, and
// how many deaths were ever dropped.
func (k *committer) droppedIDs() (list []string, count int64) {
	count = k.memory.roster.State().Dropped
	if count == k.file.last.dropped {
		return nil, count
	}
	now := k.time.now()
	for i := range k.table.slots {
		if s := &k.table.slots[i]; k.isDropped(s, now) {
			list = append(list, s.id)
		}
	}
	return list, count
}

func (k *committer) isDropped(s *slot, now time.Duration) bool {
	return s.id != "" && s.dead(now) && !k.memory.roster.Knows(s.id)
}

// removeDropped removes from the file the workspaces whose deaths were dropped.
func (k *committer) removeDropped() {
	list, count := k.droppedIDs()
	done := k.removeEach(list, func(t *txn, now time.Duration, id string) error {
		n, found := k.table.slotOf[id]
		if !found || !k.isDropped(&k.table.slots[n], now) {
			return nil
		}
		t.dropped++
		return k.removeID(t, id)
	})
	if done && k.file.last.dropped < count && k.mayRemove() {
		k.transact(k.time.now(), false, func(t *txn) error {
			t.dropped = count
			return nil
		})
	}
}

func (k *committer) removeExpiredURLs(b bucket) {
	var expired []string
	u := k.memory.kind(b)
	now := k.time.now()
	for id, url := range u.byID {
		if now >= url.Until {
			expired = append(expired, id)
		}
	}
	k.removeEach(expired, func(t *txn, now time.Duration, id string) error {
		if url, found := u.byID[id]; !found || now < url.Until {
			return nil
		}
		t.then = append(t.then, func() { k.memory.roster.Update(id, func(time.Duration) { u.remove(id) }) })
		return t.delete(b, []byte(id))
	})
}

// removeEach calls do for each id, in bounded transactions, and reports whether all is
// done. It stops for the next checkpoint and for Close: the others are removed later.
func (k *committer) removeEach(list []string, do func(t *txn, now time.Duration, id string) error) bool {
	slices.Sort(list) // neighbours in the file go in one transaction
	const share = 18  // of the file: half of its reserve, which is a ninth
	for chunk := range slices.Chunk(list, max(removalsPerCommit, int(k.file.allocated/k.file.pageSize/share))) {
		if !k.mayRemove() {
			return false
		}
		now := k.time.now()
		err := k.transact(now, false, func(t *txn) error {
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

// closeCleanly writes every deadline and marks the file as clean. The last two
// transactions do so: if the meta page of the last is damaged, bbolt takes the other.
func (k *committer) closeCleanly() error {
	k.breakIfReplaced()
	moved := append(k.movedBlocks(), nil)
	if len(moved) == 1 {
		moved = append(moved, nil)
	}
	for i, blocks := range moved {
		if err := k.writeBlocks(blocks, i >= len(moved)-2); err != nil {
			return err
		}
	}
	return nil
}

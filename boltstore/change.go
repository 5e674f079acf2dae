package boltstore

import (
	"strings"
	"time"
)

// change is the effect of one call, in the file and then in memory. The committer calls
// write within a transaction; if that is on the disk it calls apply, otherwise undo. A
// type that implements it says by which methods it is, if its name does not.
type change interface {
	workspace() string // its id; "" if there is none
	write(k *committer, t *txn, now time.Duration) error
	apply(k *committer, now time.Duration)
	undo(k *committer)

	// needsRoom reports whether the file may have to grow for the change.
	needsRoom(k *committer) bool

	// readsMemory reports whether write asks memory about the workspace. All earlier
	// changes of the workspace must have been applied by then.
	readsMemory() bool
}

// target is the workspace of a change. A change that embeds it has nothing to undo, needs
// no room and reads no memory, unless it says otherwise.
type target struct{ id string }

// targetOf clones the id, which may be a part of something large.
func targetOf(id string) target { return target{strings.Clone(id)} }

func (w target) workspace() string         { return w.id }
func (w target) key() []byte               { return []byte(w.id) }
func (w target) undo(*committer)           {}
func (w target) readsMemory() bool         { return false }
func (w target) needsRoom(*committer) bool { return false }

// isNew reports whether the workspace has no record in the file.
func (k *committer) isNew(id string) bool {
	_, found := k.table.slotOf[id]
	return !found
}

// putSlot writes the slot of a workspace, and the record of its id if that changes.
func (k *committer) putSlot(t *txn, s slot) error {
	if !k.table.put(s) {
		return nil
	}
	return t.put(ids, []byte(s.id), encodeSlot(k.table.slotOf[s.id], s.mark))
}

// removeID removes the record of a workspace, of its life or its death.
func (k *committer) removeID(t *txn, id string) error {
	if !k.table.remove(id) {
		return nil
	}
	return t.delete(ids, []byte(id))
}

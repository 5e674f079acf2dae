package boltstore

import (
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
)

// table has the slot of each workspace, and the deadline there, as they are in the file.
// Changes can be rolled back until they are committed. The slots fill whole blocks.
type table struct {
	slots  []slot
	slotOf map[string]uint32 // by id
	free   []uint32
	undo   []slotBefore
	dirty  map[uint32]bool // blocks that differ from the file
}

// slot is a place for the deadline of one workspace.
type slot struct {
	id       string        // "": the slot is free
	life     *roster.Life  // nil: over, or about to be set
	until    time.Duration // the deadline in the file, unless extended
	final    bool          // a crash extends it no more: it is over, or was extended before
	extended bool          // a crash extended it, and the file does not say so yet
	mark     *mark         // never changes; nil: there is none
}

// mark is the rest of the record of a workspace. There is one if its death was handed out,
// or is by Expire, Adopt or Restore, or if its life is by Withdraw.
type mark struct {
	attempt      uint32 // times handed out
	expired      bool
	adopted      bool
	restored     bool          // the death
	since        time.Duration // see driver.Death
	grantedUntil time.Duration // the deadline that Withdraw granted; 0: none
	keptSince    time.Duration // from when KeepDeaths counts for a restored death; 0: for no other
}

// isDeath reports whether the mark is of a death, and not of a life.
func (m *mark) isDeath() bool {
	return m != nil && (m.attempt > 0 || m.expired || m.adopted || m.restored)
}

// slotBefore is an earlier state of a slot.
type slotBefore struct {
	n uint32
	slot
}

// newTable returns an empty table with capacity for a number of slots and workspaces.
func newTable(slots, workspaces int) *table {
	return &table{slots: make([]slot, 0, slots), slotOf: make(map[string]uint32, workspaces), dirty: make(map[uint32]bool)}
}

// put fills the slot of a workspace, a new one if it has none, and reports whether the
// record of its id changes. The life of the slot is set once that is on the disk.
func (t *table) put(to slot) (changed bool) {
	n, found := t.slotOf[to.id]
	if !found {
		n = t.allocate(to.id)
	}
	s := t.edit(n)
	changed = !found || s.mark != nil || to.mark != nil
	*s = to
	t.dirty[n/slotsPerBlock] = true
	return changed
}

// setLife sets the life of a workspace, unless the workspace was cleared since.
func (t *table) setLife(id string, life *roster.Life) {
	if n, found := t.slotOf[id]; found {
		t.slots[n].life = life
	}
}

// since returns Death.Since of a workspace whose life ends at a deadline.
func (t *table) since(id string, deadline time.Duration) time.Duration {
	n, found := t.slotOf[id]
	if !found {
		return deadline
	}
	if s := &t.slots[n]; s.mark != nil && s.life != nil && s.life.Deadline() == s.mark.grantedUntil {
		return s.mark.since
	}
	return deadline
}

// allocate takes a free slot for a workspace.
func (t *table) allocate(id string) uint32 {
	if len(t.free) == 0 {
		t.grow()
	}
	last := len(t.free) - 1
	n := t.free[last]
	t.edit(n).id = id
	t.free = t.free[:last]
	t.slotOf[id] = n
	return n
}

// grow adds a block of free slots. The lowest is taken first.
func (t *table) grow() {
	from := len(t.slots)
	t.slots = append(t.slots, make([]slot, slotsPerBlock)...)
	for n := len(t.slots) - 1; n >= from; n-- {
		t.free = append(t.free, uint32(n))
	}
}

// remove frees the slot of a workspace and reports whether it had one.
func (t *table) remove(id string) bool {
	n, found := t.slotOf[id]
	if !found {
		return false
	}
	*t.edit(n) = slot{}
	t.dirty[n/slotsPerBlock] = true
	delete(t.slotOf, id)
	t.free = append(t.free, n)
	return true
}

// edit returns a slot that is about to change.
func (t *table) edit(n uint32) *slot {
	t.undo = append(t.undo, slotBefore{n, t.slots[n]})
	return &t.slots[n]
}

// over reports whether the deadline of the workspace has passed. No heartbeat
// brings back a life that was seen to be over here.
func (s *slot) over(now time.Duration) bool {
	if s.life == nil {
		return s.until <= now
	}
	return s.life.Remaining(now) == 0
}

// forFile returns the deadline that the file should have.
func (s *slot) forFile(now time.Duration) (until time.Duration, final bool) {
	if s.life == nil {
		return s.until, s.final
	}
	over := s.over(now)
	until = s.life.Deadline()
	return until, over || s.final && until == s.until
}

// moved reports whether the file has another deadline than it should.
func (s *slot) moved(now time.Duration) bool {
	until, final := s.forFile(now)
	return s.extended || until != s.until || final != s.final
}

// needsNoWrite reports whether the slot is free, or its workspace is dead in the file too.
func (s *slot) needsNoWrite(now time.Duration) bool {
	return s.id == "" || s.dead(now) && !s.moved(now)
}

// dead reports whether the workspace is over, or was adopted and is due later.
func (s *slot) dead(now time.Duration) bool { return s.mark.isDeath() || s.over(now) }

// onlineAt reports whether the workspace is online at a time, by the file.
func (s *slot) onlineAt(at time.Duration) bool { return s.until > at && !s.mark.isDeath() }

func (t *table) block(b uint32) []slot {
	return t.slots[b*slotsPerBlock : (b+1)*slotsPerBlock]
}

// follow takes over the deadlines of the lives of one block.
func (t *table) follow(b uint32, now time.Duration) {
	for i := range t.block(b) {
		n := b*slotsPerBlock + uint32(i)
		if !t.slots[n].moved(now) {
			continue
		}
		s := t.edit(n)
		s.until, s.final = s.forFile(now)
		s.extended = false
		if s.over(now) {
			s.life = nil
		}
	}
	t.dirty[b] = true
}

func (t *table) commit() {
	t.undo = t.undo[:0]
	clear(t.dirty)
}

func (t *table) rollback() {
	for i := len(t.undo) - 1; i >= 0; i-- {
		before := t.undo[i]
		s := &t.slots[before.n]
		switch {
		case s.id == before.id:
		case s.id == "": // was removed
			t.free = t.free[:len(t.free)-1]
			t.slotOf[before.id] = before.n
		case before.id == "": // was allocated
			delete(t.slotOf, s.id)
			t.free = append(t.free, before.n)
		}
		*s = before.slot
	}
	t.commit()
}

package boltstore

import (
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
)

// table has the slot of each workspace and its deadline as in the file. Changes
// can be rolled back until they are committed. The number of slots is a multiple
// of slotsPerPage.
type table struct {
	slots []slot
	of    map[string]uint32
	free  []uint32
	undo  []before
	dirty map[uint32]bool // pages that differ from the file
}

// slot is a place for the deadline of one workspace.
type slot struct {
	id    string        // "": the slot is free
	life  *roster.Life  // nil: over, or about to be set
	until time.Duration // the deadline in the file, but for lent
	final bool          // a crash adds nothing to it: it is over, or a crash did
	lent  bool          // a crash added to it and the file does not say so yet
	mark  *mark         // never changes; nil: there is none
}

// mark is in the record of an id beside its slot, if its death was handed out is
// by Expire, Adopt or Restore, or if its life is by Withdraw.
type mark struct {
	attempt  uint32 // times handed out
	expired  bool
	adopted  bool
	restored bool          // the death
	since    time.Duration // see driver.Death
	granted  time.Duration // the deadline by Withdraw, or since when a restored death is kept; 0: none
}

// isDeath reports whether the mark is of a death, and not of a life.
func (m *mark) isDeath() bool {
	return m != nil && (m.attempt > 0 || m.expired || m.adopted || m.restored)
}

// before is an earlier state of a slot.
type before struct {
	n uint32
	slot
}

// newTable returns an empty table with room for so many slots and workspaces.
func newTable(slots, workspaces int) *table {
	return &table{slots: make([]slot, 0, slots), of: make(map[string]uint32, workspaces), dirty: make(map[uint32]bool)}
}

// grant gives a workspace a life until a deadline, in a slot of its own, and
// reports whether the record of its id changes. The life is to be set once that
// is on the disk.
func (t *table) grant(id string, until time.Duration, m *mark) (changed bool) {
	return t.put(slot{id: id, until: until, mark: m})
}

// put fills the slot of a workspace, a new one if it has none.
func (t *table) put(s slot) (changed bool) {
	n, held := t.of[s.id]
	if !held {
		n = t.claim(s.id)
	}
	return t.set(n, s) || !held
}

// die makes the deadline of a workspace final, in a slot of its own, and reports
// whether the record of its id changes.
func (t *table) die(id string, until time.Duration, m *mark) (changed bool) {
	return t.put(slot{id: id, until: until, final: true, mark: m})
}

func (t *table) set(n uint32, to slot) (changed bool) {
	s := t.edit(n)
	changed = s.mark != nil || to.mark != nil
	*s = to
	t.dirty[n/slotsPerPage] = true
	return changed
}

// lives sets the life of a workspace, unless the workspace was cleared since.
func (t *table) lives(id string, life *roster.Life) {
	if n, held := t.of[id]; held {
		t.slots[n].life = life
	}
}

// since returns the since of the death of a workspace that ends at a deadline.
func (t *table) since(id string, deadline time.Duration) time.Duration {
	n, held := t.of[id]
	if !held {
		return deadline
	}
	if s := &t.slots[n]; s.mark != nil && s.life != nil && s.life.Deadline() == s.mark.granted {
		return s.mark.since
	}
	return deadline
}

func (t *table) claim(id string) uint32 {
	if len(t.free) == 0 {
		t.grow()
	}
	last := len(t.free) - 1
	n := t.free[last]
	t.edit(n).id = id
	t.free = t.free[:last]
	t.of[id] = n
	return n
}

// grow adds a page of free slots, the lowest on top of the stack.
func (t *table) grow() {
	from := len(t.slots)
	t.slots = append(t.slots, make([]slot, slotsPerPage)...)
	for n := len(t.slots) - 1; n >= from; n-- {
		t.free = append(t.free, uint32(n))
	}
}

// release frees the slot of a workspace and reports whether it had one.
func (t *table) release(id string) bool {
	n, held := t.of[id]
	if !held {
		return false
	}
	*t.edit(n) = slot{}
	t.dirty[n/slotsPerPage] = true
	delete(t.of, id)
	t.free = append(t.free, n)
	return true
}

func (t *table) edit(n uint32) *slot {
	t.undo = append(t.undo, before{n, t.slots[n]})
	return &t.slots[n]
}

// over reports whether the deadline of the workspace has passed. Nothing brings
// back a life that was seen to be over here.
func (s *slot) over(now time.Duration) bool {
	if s.life == nil {
		return s.until <= now
	}
	return s.life.Remaining(now) == 0
}

// present returns the deadline for the file.
func (s *slot) present(now time.Duration) (until time.Duration, final bool) {
	if s.life == nil {
		return s.until, s.final
	}
	over := s.over(now)
	until = s.life.Deadline()
	return until, over || s.final && until == s.until
}

// moved reports whether the file has another deadline.
func (s *slot) moved(now time.Duration) bool {
	until, final := s.present(now)
	return s.lent || until != s.until || final != s.final
}

// settled reports whether the slot is free, or its workspace is over in the file too.
func (s *slot) settled(now time.Duration) bool { return s.id == "" || s.dead(now) && !s.moved(now) }

// dead reports whether the workspace is over, or was adopted and is due later.
func (s *slot) dead(now time.Duration) bool { return s.mark.isDeath() || s.over(now) }

// outlives reports whether the workspace is online at a time, by the file.
func (s *slot) outlives(at time.Duration) bool { return s.until > at && !s.mark.isDeath() }

// page returns the slots of one page.
func (t *table) page(p uint32) []slot {
	return t.slots[p*slotsPerPage : (p+1)*slotsPerPage]
}

// follow takes over the deadlines of the lives of one page.
func (t *table) follow(p uint32, now time.Duration) {
	for i := range t.page(p) {
		n := p*slotsPerPage + uint32(i)
		if !t.slots[n].moved(now) {
			continue
		}
		s := t.edit(n)
		s.until, s.final = s.present(now)
		s.lent = false
		if s.over(now) {
			s.life = nil
		}
	}
	t.dirty[p] = true
}

func (t *table) commit() {
	t.undo = t.undo[:0]
	clear(t.dirty)
}

func (t *table) rollback() {
	for i := len(t.undo) - 1; i >= 0; i-- {
		b := t.undo[i]
		s := &t.slots[b.n]
		switch {
		case s.id == b.id:
		case s.id == "": // was released
			t.free = t.free[:len(t.free)-1]
			t.of[b.id] = b.n
		case b.id == "": // was claimed
			delete(t.of, s.id)
			t.free = append(t.free, b.n)
		}
		*s = b.slot
	}
	t.commit()
}

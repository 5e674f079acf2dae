package boltstore

import (
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
)

// table says which slot of the file belongs to whom, and what the file says
// about each. Changes can be rolled back until they are committed. Its number
// of slots is a multiple of slotsPerPage.
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
}

// before is what a slot was.
type before struct {
	n uint32
	slot
}

func newTable() *table {
	return &table{of: make(map[string]uint32), dirty: make(map[uint32]bool)}
}

// grant sets the deadline of a workspace, in a slot of its own, and reports
// whether the slot was new to it. The life is to be set once that is on the
// disk.
func (t *table) grant(id string, until time.Duration) (n uint32, fresh bool) {
	n, held := t.of[id]
	if !held {
		n = t.claim(id)
	}
	s := t.edit(n)
	*s = slot{id: id, until: until}
	t.dirty[n/slotsPerPage] = true
	return n, !held
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

// present returns what the file should say.
func (s *slot) present(now time.Duration) (until time.Duration, final bool) {
	if s.life == nil {
		return s.until, s.final
	}
	over := s.over(now)
	until = s.life.Deadline()
	return until, over || s.final && until == s.until
}

// moved reports whether the file says something else.
func (s *slot) moved(now time.Duration) bool {
	until, final := s.present(now)
	return s.lent || until != s.until || final != s.final
}

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

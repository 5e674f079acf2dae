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
	id       string        // "": the slot is free
	life     *roster.Life  // nil: over, or about to be set
	until    time.Duration // the deadline in the file, but for lent; 0: not online
	borrowed bool          // until was moved because a crash forgot heartbeats
	lent     bool          // the file does not say so yet
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
	s := t.edit(n)
	if s.until != 0 {
		t.dirty[n/slotsPerPage] = true
	}
	*s = slot{}
	delete(t.of, id)
	t.free = append(t.free, n)
	return true
}

func (t *table) edit(n uint32) *slot {
	t.undo = append(t.undo, before{n, t.slots[n]})
	return &t.slots[n]
}

// deadline returns that of the life, 0 if it is over. Nothing brings back a
// life that was seen to be over here.
func (s *slot) deadline(now time.Duration) time.Duration {
	left := s.until - now
	if s.life != nil {
		left = s.life.Remaining(now)
	}
	if left <= 0 {
		return 0
	}
	return now + left
}

// moved reports whether the deadline is not the one in the file.
func (s *slot) moved(now time.Duration) bool {
	return s.lent || s.deadline(now) != s.until
}

// over reports whether the slot belongs to a workspace that is offline.
func (s *slot) over(now time.Duration) bool {
	return s.id != "" && s.deadline(now) == 0
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
		if to := s.deadline(now); to != s.until {
			s.until, s.borrowed = to, false
		}
		s.lent = false
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

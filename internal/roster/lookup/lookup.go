// Package lookup is a hash table by id whose readers take no lock.
package lookup

import (
	"math/bits"
	"sync/atomic"
)

// Table is a hash table of items, each with an id. Any number of goroutines
// may call Find at any time, and All and Len while none changes the table. Put and Remove
// are for one at a time.
//
// It uses open addressing with linear probing. In one array of slots an item
// never moves, and an item that was removed leaves a tombstone, so that no probe
// of a reader ends too early. An array that has filled up, or is far too large,
// is replaced by one without tombstones: a reader of the old array reads the
// state of the moment in which the new one appeared.
type Table[T any] struct {
	slots     atomic.Pointer[slots[T]]
	key       func(*T) (id string, hash uint32)
	size      int // items
	taken     int // slots that are not empty
	tombstone *T  // takes the slot of an item that was removed
}

// slots are a power of two; at most half of them are taken.
type slots[T any] []atomic.Pointer[T]

// New returns an empty table. The key of an item never changes; that of the
// zero item is never looked for.
func New[T any](key func(*T) (id string, hash uint32)) *Table[T] {
	t := &Table[T]{key: key, tombstone: new(T)}
	t.slots.Store(&slots[T]{})
	t.rebuild()
	return t
}

// Find returns the item with the id, whose hash is given, or nil. It finds
// every item that is in the table from before the call until it returns.
func (t *Table[T]) Find(id string, hash uint32) *T {
	s := *t.slots.Load()
	for at := s.home(hash); ; at = s.after(at) {
		item := s[at].Load()
		if item == nil {
			return nil
		}
		if itsID, itsHash := t.key(item); itsHash == hash && itsID == id {
			return item
		}
	}
}

// Len returns the number of items.
func (t *Table[T]) Len() int { return t.size }

// Put adds an item whose id is not in the table.
func (t *Table[T]) Put(item *T) {
	if t.taken == len(*t.slots.Load())/2 {
		t.rebuild()
	}
	s := *t.slots.Load()
	_, hash := t.key(item)
	at := s.home(hash)
	for there := s[at].Load(); there != nil && there != t.tombstone; there = s[at].Load() {
		at = s.after(at)
	}
	if s[at].Swap(item) == nil {
		t.taken++
	}
	t.size++
}

// replace puts an item, or the tombstone, in the place of one that is in the table, in one
// step.
func (t *Table[T]) replace(old, item *T) {
	s := *t.slots.Load()
	_, hash := t.key(old)
	at := s.home(hash)
	for s[at].Load() != old {
		at = s.after(at)
	}
	s[at].Store(item)
}

// Remove takes out an item that is in the table.
func (t *Table[T]) Remove(item *T) {
	const small = 64
	t.replace(item, t.tombstone)
	t.size--
	if size := len(*t.slots.Load()); size > small && t.size < size/8 {
		t.rebuild()
	}
}

// All yields the items.
func (t *Table[T]) All(yield func(*T) bool) {
	s := *t.slots.Load()
	for i := range s {
		if item := s[i].Load(); item != nil && item != t.tombstone && !yield(item) {
			return
		}
	}
}

// rebuild replaces the slots by enough that a sixth of them can be taken before
// it has to be done again.
func (t *Table[T]) rebuild() {
	const least = 8
	s := make(slots[T], max(least, 1<<bits.Len(uint(3*t.size))))
	for item := range t.All {
		_, hash := t.key(item)
		at := s.home(hash)
		for s[at].Load() != nil {
			at = s.after(at)
		}
		s[at].Store(item)
	}
	t.taken = t.size
	t.slots.Store(&s)
}

// home returns where the probe for a hash begins.
func (s slots[T]) home(hash uint32) int { return int(hash) & (len(s) - 1) }

func (s slots[T]) after(at int) int { return (at + 1) & (len(s) - 1) }

package boltstore

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// change is one call that waits to be on the disk.
type change struct {
	kind     kind
	id       string
	ttl      time.Duration
	url      string
	death    store.Death
	old, new string // notes
	state    atomic.Int32
	done     chan error

	// The answer, to be read once done has told that there is no error.
	did  bool
	note string
}

type kind int

const (
	setOnline kind = iota
	cacheURL
	cacheInternalURL
	clearAll
	acknowledge
	disown
	setNote
)

// The states of a change. It leaves waiting once.
const (
	waiting int32 = iota
	taken
	abandoned
)

func newChange(k kind, id string) *change {
	return &change{kind: k, id: id, done: make(chan error, 1)}
}

// asks reports whether what the change does depends on what is known of the
// workspace.
func (c *change) asks() bool { return c.kind == acknowledge || c.kind == disown }

// abandon makes sure that a change which was not taken yet has no effect.
func (c *change) abandon() { c.state.CompareAndSwap(waiting, abandoned) }

func (c *change) take() bool { return c.state.CompareAndSwap(waiting, taken) }

// queue is where the callers wait for the committer.
type queue struct {
	wake chan struct{} // has an item if the committer should look

	mu     sync.Mutex
	items  []*change
	closed bool
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// put reports false, and takes nothing, once the queue was closed.
func (q *queue) put(changes ...*change) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.items = append(q.items, changes...)
	q.ring()
	return true
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.ring()
}

func (q *queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns up to most changes whose callers still wait, first come first.
// One that asks comes after none of the same workspace, so that memory has the
// answer. It returns none if there are none, and whether there will be no more.
func (q *queue) take(most int) (batch []*change, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for ; n < len(q.items) && len(batch) < most; n++ {
		c := q.items[n]
		if c.asks() && slices.ContainsFunc(batch, func(b *change) bool { return b.id == c.id }) {
			break
		}
		if c.take() {
			batch = append(batch, c)
		}
		q.items[n] = nil
	}
	q.items = q.items[n:]
	if len(q.items) == 0 {
		q.items = nil
	}
	return batch, q.closed && len(q.items) == 0
}

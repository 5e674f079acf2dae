package boltstore

import (
	"slices"
	"sync"
)

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

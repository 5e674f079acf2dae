package boltstore

import (
	"slices"
	"sync"
)

// queue holds the calls that wait for the committer.
type queue struct {
	wake chan struct{} // has an item if the committer should look

	mu     sync.Mutex
	items  []*call
	closed bool
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// put reports false, and takes nothing, once the queue was closed.
func (q *queue) put(calls ...*call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.items = append(q.items, calls...)
	q.wakeUp()
	return true
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wakeUp()
}

func (q *queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

func (q *queue) wakeUp() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns up to limit calls that still wait, in order, and whether there will be no
// more. A batch ends before a call that reads memory about a workspace which an earlier
// call of the batch changes.
func (q *queue) take(limit int) (batch []*call, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for ; n < len(q.items) && len(batch) < limit; n++ {
		c := q.items[n]
		if c.readsMemory() && slices.ContainsFunc(batch, func(b *call) bool { return b.workspace() == c.workspace() }) {
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

package roster

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// queue is a heap of items, each with a time, the earliest on top. It tells
// each item its place, by which the item is moved or removed.
type queue[T any] struct {
	entries []entry[T]
	placed  func(item T, at int)
}

type entry[T any] struct {
	when time.Duration
	item T
}

func (q *queue[T]) push(when time.Duration, item T) {
	heap.Push((*byTime[T])(q), entry[T]{when, item})
}

func (q *queue[T]) remove(at int) { heap.Remove((*byTime[T])(q), at) }

func (q *queue[T]) move(at int, when time.Duration) {
	q.entries[at].when = when
	heap.Fix((*byTime[T])(q), at)
}

// next returns the item on top if its time has come.
func (q *queue[T]) next(now time.Duration) (item T, ok bool) {
	if len(q.entries) == 0 || q.entries[0].when > now {
		return item, false
	}
	return q.entries[0].item, true
}

// until returns how long it is until the time of the item on top, at most
// most.
func (q *queue[T]) until(now, most time.Duration) time.Duration {
	if len(q.entries) == 0 {
		return most
	}
	return max(0, min(most, q.entries[0].when-now))
}

// any returns an item by chance, or the one on top.
func (q *queue[T]) any(random bool) T {
	if random {
		return q.entries[rand.IntN(len(q.entries))].item
	}
	return q.entries[0].item
}

// byTime is a queue as container/heap wants to see it.
type byTime[T any] queue[T]

func (h *byTime[T]) Len() int           { return len(h.entries) }
func (h *byTime[T]) Less(i, j int) bool { return h.entries[i].when < h.entries[j].when }

func (h *byTime[T]) Swap(i, j int) {
	h.entries[i], h.entries[j] = h.entries[j], h.entries[i]
	h.placed(h.entries[i].item, i)
	h.placed(h.entries[j].item, j)
}

func (h *byTime[T]) Push(x any) {
	e := x.(entry[T])
	h.entries = append(h.entries, e)
	h.placed(e.item, len(h.entries)-1)
}

func (h *byTime[T]) Pop() any {
	last := len(h.entries) - 1
	e := h.entries[last]
	h.entries[last] = entry[T]{}
	h.entries = h.entries[:last]
	if small := 64; cap(h.entries) > max(small, 4*last) {
		h.entries = append(make([]entry[T], 0, 2*last), h.entries...)
	}
	return e
}

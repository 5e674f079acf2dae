package roster

import (
	"container/heap"
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

// due returns the item on top if its time has come.
func (q *queue[T]) due(now time.Duration) (item T, ok bool) {
	if q.earliest() > now || len(q.entries) == 0 {
		return item, false
	}
	return q.entries[0].item, true
}

// earliest returns the time of the item on top, or never.
func (q *queue[T]) earliest() time.Duration {
	if len(q.entries) == 0 {
		return never
	}
	return q.entries[0].when
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

package roster

import (
	"container/heap"
	"math"
	"time"
)

// index is a heap of lives, the one to look at next on top.
type index []slot

type slot struct {
	bound time.Duration // no deadline of life lies before it
	life  *Life
}

// push adds a life that has no deadline yet.
func (x *index) push(l *Life) { heap.Push((*byBound)(x), slot{math.MaxInt64, l}) }

func (x *index) remove(l *Life) { heap.Remove((*byBound)(x), l.at) }

func (x *index) move(l *Life, bound time.Duration) {
	(*x)[l.at].bound = bound
	heap.Fix((*byBound)(x), l.at)
}

// byBound is the index as container/heap wants to see it.
type byBound index

func (h byBound) Len() int           { return len(h) }
func (h byBound) Less(i, j int) bool { return h[i].bound < h[j].bound }
func (h byBound) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].life.at, h[j].life.at = i, j
}

func (h *byBound) Push(x any) {
	s := x.(slot)
	s.life.at = len(*h)
	*h = append(*h, s)
}

func (h *byBound) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = slot{}
	*h = old[:len(old)-1]
	return last
}

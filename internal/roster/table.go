package roster

import "maps"

// table is a map by id that gives memory back when it has become small, which
// a map does not.
type table[V any] struct {
	byID map[string]V
	peak int // the most that were in it since it was made
}

func newTable[V any](size int) table[V] {
	return table[V]{byID: make(map[string]V, size), peak: size}
}

func (t *table[V]) put(id string, v V) {
	t.byID[id] = v
	t.peak = max(t.peak, len(t.byID))
}

func (t *table[V]) remove(id string) {
	const small = 64
	delete(t.byID, id)
	if t.peak > small && len(t.byID) < t.peak/4 {
		smaller := newTable[V](len(t.byID))
		maps.Copy(smaller.byID, t.byID)
		*t = smaller
	}
}

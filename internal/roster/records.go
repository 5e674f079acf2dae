package roster

import (
	"hash/maphash"
	"maps"
)

// records are the records by id, in as many maps as there are stripes, so
// that no step on one of them takes long.
type records struct {
	seed  maphash.Seed
	parts [stripeCount]part
	size  int
}

// part is a map by id that gives memory back when it has become small, which a
// map does not.
type part struct {
	byID map[string]*record
	peak int // the most that were in it since it was made
}

func newRecords() records {
	r := records{seed: maphash.MakeSeed()}
	for i := range r.parts {
		r.parts[i].byID = make(map[string]*record)
	}
	return r
}

func (r *records) of(id string) *part { return &r.parts[maphash.String(r.seed, id)%stripeCount] }

func (r *records) find(id string) *record { return r.of(id).byID[id] }

func (r *records) put(x *record) {
	p := r.of(x.id)
	p.byID[x.id] = x
	p.peak = max(p.peak, len(p.byID))
	r.size++
}

func (r *records) remove(x *record) {
	const small = 64
	p := r.of(x.id)
	delete(p.byID, x.id)
	if p.peak > small && len(p.byID) < p.peak/4 {
		p.byID, p.peak = maps.Collect(maps.All(p.byID)), len(p.byID)
	}
	r.size--
}

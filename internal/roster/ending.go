package roster

import "github.com/molecule-ai/liveness/store"

// An acknowledgement that takes time, because it is to be on a disk first,
// keeps the death from everybody else from Begin until End or Abort.

// Begin begins to acknowledge a death and reports whether it was held. Until
// End or Abort it is neither handed out nor extended nor put back.
func (r *Roster) Begin(h store.Death) bool {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	x := d.holds(h.ID, h.Token)
	if x == nil {
		return false
	}
	x.ending, x.leaseEnd = true, x.queue.entries[x.at].when
	d.enqueue(x, &d.taken, never)
	return true
}

// End ends the death that Begin was called for, and calls also in the same
// step. It reports false if the workspace came back or was forgotten since.
func (r *Roster) End(id string, also func()) bool {
	s, _ := r.of(id)
	s.Lock()
	defer s.Unlock()
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	x := d.byID[id]
	if x == nil || !x.ending {
		return false
	}
	d.acknowledge(x)
	also()
	return true
}

// Abort gives the death back to its holder, for what is left of its lease.
func (r *Roster) Abort(id string) {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	if x := d.byID[id]; x != nil && x.ending {
		x.ending = false
		d.enqueue(x, &d.taken, x.leaseEnd)
	}
}

// Acknowledge implements Acknowledge of [store.Reaper]. It calls also in the
// same step in which the death ends.
func (r *Roster) Acknowledge(h store.Death, also func()) bool {
	return r.Begin(h) && r.End(h.ID, also)
}

// Holds reports whether the death is still that of its holder, who may be
// acknowledging it.
func (r *Roster) Holds(h store.Death) bool {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	x := d.byID[h.ID]
	return x != nil && x.token == h.Token && h.Token != 0
}

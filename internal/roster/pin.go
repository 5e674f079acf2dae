package roster

import "github.com/molecule-ai/liveness/store/driver"

// A change of a death that takes time, because it is to be on a disk first,
// is made between Pin and Begin, Acknowledge, Withdraw or Unpin. Meanwhile the
// lease does not end, and no other caller claims the death.

// Pin pins the death to its holder, if the standing is Held, and returns it.
// Closing means that the change ends the death: the holder cannot release it
// meanwhile.
func (r *Roster) Pin(h driver.Death, closing bool) (Death, driver.Standing) {
	d, x, standing, now := r.lockLease(h)
	defer d.Unlock()
	if standing != driver.Held {
		return Death{}, standing
	}
	x.pinned, x.closing = h.Token, closing
	d.place(x, now)
	return x.Death, standing
}

// Unpin undoes Pin: the change could not be made.
func (r *Roster) Unpin(h driver.Death) {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	if x := d.find(h.ID); x != nil && x.pinned == h.Token {
		x.pinned, x.closing = 0, false
		d.place(x, r.Now())
	}
}

package roster

import "time"

// State is what of a roster, beside the workspaces, goes on in the next one.
type State struct {
	Tick     time.Duration // of the last sweep
	Ticked   bool          // there was one
	GraceEnd time.Duration
	Note     string
	Adopted  bool  // there are deaths that were adopted
	Token    int64 // the last one
	Dropped  int64 // deaths that nobody claimed in time

	// Away is how long nobody could claim a death before the roster was made:
	// for so long those that were older then are kept longer.
	Away time.Duration
}

// State returns the present state; its Away is 0.
func (r *Roster) State() State {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	return State{
		Tick:     r.watch.tick,
		Ticked:   r.watch.ticked,
		GraceEnd: r.watch.graceEnd,
		Note:     r.watch.note,
		Adopted:  d.adopted > 0,
		Token:    d.token,
		Dropped:  d.dropped,
	}
}

// Resume makes an empty roster go on from a state.
func (r *Roster) Resume(s State) {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	r.watch = watch{tick: s.Tick, ticked: s.Ticked, graceEnd: s.GraceEnd, note: s.Note}
	d.token, d.dropped = s.Token, s.Dropped
	d.resumed, d.away = r.Now(), s.Away
}

// GiveUp drops deaths that nobody claimed in time, a bounded number, and
// reports whether there may be more.
func (r *Roster) GiveUp() bool {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	return !d.settle(r.Now(), many)
}

// Knows reports whether the workspace is online or has an unacknowledged
// death, found or not.
func (r *Roster) Knows(id string) bool {
	s, hash := r.of(id)
	s.RLock()
	defer s.RUnlock()
	if s.lives.Find(id, hash) != nil {
		return true
	}
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	return d.byID[id] != nil
}

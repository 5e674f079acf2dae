package roster

import (
	"math"
	"time"
)

// State is what the roster of the next process goes on from, beside the workspaces.
type State struct {
	Tick      time.Duration // when the last sweep was
	Ticked    bool          // there was one
	GraceEnd  time.Duration
	Note      string
	Token     int64 // the last one
	Dropped   int64
	Forbidden Forbidden
}

// State returns the present state.
func (r *Roster) State() State {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	forbidden := d.forbidden
	forbidden.Spells = append([]Spell(nil), forbidden.Spells...)
	return State{
		Tick:      d.watch.tick,
		Ticked:    d.watch.ticked,
		GraceEnd:  d.watch.graceEnd,
		Note:      d.watch.note,
		Token:     d.token,
		Dropped:   d.dropped,
		Forbidden: forbidden,
	}
}

// Resume makes an empty roster go on from a state. The time since stopped, when
// the store was last open, is forbidden, and nothing is leased until a sweep.
func (r *Roster) Resume(s State, stopped time.Duration) {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	now := r.Now()
	latest := now + d.liveness
	d.watch = watch{tick: s.Tick, ticked: s.Ticked, unswept: true, graceEnd: min(s.GraceEnd, latest), note: s.Note}
	d.token, d.dropped, d.forbidden = s.Token, s.Dropped, s.Forbidden
	d.forbidden.unswept(stopped, d.watch.graceEnd, d.longestPatience(), d.keep)
	d.forbidden.add(Spell{stopped, now}, now, d.keep)
}

// Load makes the workspace online until deadline, whatever the limit; if that has
// passed, it died then. Since is that of its death if it is not heard from.
func (r *Roster) Load(id string, deadline, since time.Duration) *Life {
	s, hash := r.of(id)
	s.Lock()
	defer s.Unlock()
	l := s.findOrAdd(r, id, hash, math.MaxInt)
	s.renew(l, deadline)
	if since != deadline {
		s.setUnheard(l, deadline, since)
	}
	return l
}

// LoadDeath records a death that was handed out, or is by Expire, Adopt or Restore.
func (r *Roster) LoadDeath(id string, death Death) { r.deaths.add(id, r.Now(), death) }

// Drop drops deaths that were kept for long enough, a bounded number, and
// reports whether there may be more.
func (r *Roster) Drop() bool {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	return !d.advance(r.Now(), perLock)
}

// NextDrop returns a time before which Drop drops none of the deaths that there are.
func (r *Roster) NextDrop() time.Duration {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	now, next := r.Now(), d.leased.earliest()
	if d.size > d.limit {
		return now
	}
	if x, ok := d.expiring.due(never); ok {
		unwatched := max(d.forbidden.Until, x.Deadline) + d.keep
		next = min(next, now+x.keepEnd-d.allowed(now), unwatched)
	}
	return next
}

// Knows reports whether the workspace is online or has a pending death,
// detected or not.
func (r *Roster) Knows(id string) (known bool) {
	r.read(id, func(_ *stripe, l *Life, x *record, _ time.Duration) { known = l != nil || x != nil && x.pending })
	return known
}

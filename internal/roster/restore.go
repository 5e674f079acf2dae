package roster

import (
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// Entry is a driver.Record in times of the roster.
type Entry struct {
	ID           string
	Until, Since time.Duration // of a life; Until 0: there is none
	Death        *Death        // nil: there is none
	From         time.Duration // the death is not ready before

	URL, InternalURL CachedURL
}

// CachedURL is a URL and its deadline; the zero value is none.
type CachedURL struct {
	URL   string
	Until time.Duration
}

// At returns the URL with the time that remains to it, and the zero value once it has
// expired.
func (u CachedURL) At(now time.Duration) driver.CachedURL {
	if now >= u.Until {
		return driver.CachedURL{}
	}
	return driver.CachedURL{URL: u.URL, Remaining: u.Until - now}
}

// NewEntry returns the entry of a record that is restored at now.
func NewEntry(r driver.Record, now time.Duration) Entry {
	e := Entry{
		ID:          r.ID,
		URL:         CachedURL{r.URL.URL, now + r.URL.Remaining},
		InternalURL: CachedURL{r.InternalURL.URL, now + r.InternalURL.Remaining},
	}
	if r.Remaining > 0 {
		e.Until = now + r.Remaining
		e.Since = e.Until
		if r.Withdrawn > 0 {
			e.Since = now - r.Withdrawn
		}
	}
	if d := r.Death; d != nil {
		e.Death = &Death{Deadline: now - d.Ago, Since: now - d.Since, Attempt: d.Attempt, Expired: d.Expired, Adopted: d.Adopted}
		e.From = e.Death.Deadline
		if d.Delay > 0 {
			e.From = max(e.From, now+d.Delay)
		}
	}
	return e
}

// Effect is what restoring an entry changes.
type Effect struct{ Life, Death, URLs bool }

// EffectOf returns what Restore would change.
func (r *Roster) EffectOf(e Entry) (f Effect) {
	r.read(e.ID, func(_ *stripe, l *Life, x *record, now time.Duration) { f = r.deaths.effectOf(l, x, e, now) })
	return f
}

// effectOf decides as R11 does, where l is the life of the workspace and x its record,
// or nil.
func (d *deaths) effectOf(l *Life, x *record, e Entry, now time.Duration) (f Effect) {
	if l != nil && l.Remaining(now) > 0 {
		return Effect{Life: e.Until > l.Deadline(), URLs: true}
	}
	recent := x != nil && d.isRecent(x, now)
	handedOut := recent || x != nil && x.pending && x.Attempt > 0
	f.Life = e.Until > 0
	switch known := x != nil && x.pending; {
	case e.Death == nil || recent:
	case l != nil:
		f.Death = !e.Death.Adopted && e.Death.Deadline > l.Deadline()
	case known:
		free := x.Attempt == 0 && x.leaseEnd <= now && x.pinned == 0
		f.Death = !e.Death.Adopted && free && e.Death.Deadline > x.Deadline
	default:
		f.Death = true
	}
	f.URLs = f.Life || f.Death || !handedOut
	return f
}

// Restore implements Restore of [driver.Restorer] for one entry. In the same step
// it calls urls if the URLs are to be taken in. It returns the life of the
// workspace, nil if there is none, and whether the roster is full.
func (r *Roster) Restore(e Entry, urls func()) (life *Life, full bool) {
	const few = 2 // more than come due with each entry
	s, hash := r.of(e.ID)
	s.Lock()
	defer s.Unlock()
	now := r.Now()
	s.reap(r, now, few)
	life = s.lives.Find(e.ID, hash)
	f := r.restoreDeath(s, life, e, now)
	switch {
	case f.Death:
		life = nil
	case f.Life:
		if life = s.restoreLife(r, life, e, hash, now); life == nil {
			return nil, true
		}
	}
	if f.URLs {
		urls()
	}
	return life, false
}

// restoreDeath decides about an entry and takes in its death, in one step.
func (r *Roster) restoreDeath(s *stripe, l *Life, e Entry, now time.Duration) Effect {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	x := d.find(e.ID)
	f := d.effectOf(l, x, e, now)
	if !f.Death {
		return f
	}
	if l != nil {
		s.remove(r, l)
	}
	if x != nil && x.pending {
		d.endDeath(x, false)
		d.place(x, now)
	}
	death := *e.Death
	death.Kept = max(1, now, e.From)
	d.addLocked(r.keep(e.ID), now, death)
	x = d.find(e.ID)
	x.readyFrom = e.From
	d.place(x, now)
	return f
}

// restoreLife makes a workspace online that is offline, or prolongs the life that it
// has. It returns nil if the roster is full.
func (s *stripe) restoreLife(r *Roster, l *Life, e Entry, hash uint32, now time.Duration) *Life {
	if l != nil && l.Remaining(now) > 0 {
		l.refresh(now, e.Until)
		if e.Since != e.Until {
			s.setUnheard(l, e.Until, e.Since)
		}
		return l
	}
	if l = s.findOrAdd(r, e.ID, hash, r.Limit); l == nil {
		return nil
	}
	s.renew(l, e.Until)
	if r.deaths.forget(e.ID, now, withoutHeartbeat) || e.Since != e.Until {
		s.setUnheard(l, e.Until, e.Since)
	}
	return l
}

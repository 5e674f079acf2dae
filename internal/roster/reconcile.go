package roster

import (
	"iter"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Deaths yields the deaths that were detected and are pending. It holds no lock
// while the body of the loop runs.
func (r *Roster) Deaths() iter.Seq[driver.Pending] {
	return func(yield func(driver.Pending) bool) {
		var page []driver.Pending
		for i := range stripeCount {
			page = r.appendDeaths(page[:0], i)
			for _, p := range page {
				if !yield(p) {
					return
				}
			}
		}
	}
}

func (r *Roster) appendDeaths(page []driver.Pending, i int) []driver.Pending {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	now := r.Now()
	for _, x := range d.parts[i].byID {
		if !x.pending || !x.detected {
			continue
		}
		p := driver.Pending{Death: r.driverDeath(x, x.Attempt), Phase: driver.Ready}
		p.Token = 0
		switch {
		case x.leaseEnd > now:
			p.Phase, p.Until = driver.Leased, r.at(x.leaseEnd)
		case x.readyFrom > now:
			p.Phase, p.Until = driver.Delayed, r.at(x.readyFrom)
		}
		page = append(page, p)
	}
	return page
}

// Adopt implements Adopt of [driver.Reconciler] for one id, and reports whether
// its death was acknowledged too recently.
func (r *Roster) Adopt(id string, due time.Time) (recent bool) {
	s, hash := r.of(id)
	s.Lock()
	defer s.Unlock()
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	now := r.Now()
	adopt, recent := d.adoptable(s.lives.Find(id, hash), d.find(id), now)
	if adopt {
		at := min(max(now, due.Sub(r.Base)), now+store.MaxTTL)
		d.addLocked(strings.Clone(id), now, Death{Deadline: at, Since: at, Adopted: true})
	}
	return recent
}

// Adoptable reports whether Adopt would adopt the workspace, or whether its death was
// acknowledged too recently.
func (r *Roster) Adoptable(id string) (adopt, recent bool) {
	r.read(id, func(_ *stripe, l *Life, x *record, now time.Duration) { adopt, recent = r.deaths.adoptable(l, x, now) })
	return adopt, recent
}

func (d *deaths) adoptable(l *Life, x *record, now time.Duration) (adopt, recent bool) {
	if l != nil || x != nil && x.pending {
		return false, false
	}
	recent = x != nil && d.isRecent(x, now)
	return !recent, recent
}

// Forget implements Forget of [driver.Reconciler] for one id. It calls also, in
// the same step, if the workspace is forgotten.
func (r *Roster) Forget(id string, also func()) {
	s, hash := r.of(id)
	s.Lock()
	defer s.Unlock()
	now := r.Now()
	if !r.forgettable(s, id, hash, now) {
		return
	}
	if l := s.lives.Find(id, hash); l != nil {
		s.remove(r, l)
	}
	r.deaths.forget(id, now, cleared)
	also()
}

// Forgettable reports whether Forget would forget the workspace.
func (r *Roster) Forgettable(id string) bool {
	s, hash := r.of(id)
	s.Lock()
	defer s.Unlock()
	return r.forgettable(s, id, hash, r.Now())
}

func (r *Roster) forgettable(s *stripe, id string, hash uint32, now time.Duration) bool {
	l := s.lives.Find(id, hash)
	if l != nil && l.Remaining(now) > 0 {
		return false
	}
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	x := d.find(id)
	if x == nil {
		return true
	}
	return x.Attempt == 0 && !d.isRecent(x, now) && x.pinned == 0 && x.leaseEnd <= now
}

package roster

import "time"

// record is everything about one workspace except its life: a pending death, a lease,
// and whether it is recent.
type record struct {
	id string

	Death
	pending   bool          // there is a death
	detected  bool          // by a sweep, or from the beginning; see addLocked
	readyFrom time.Duration // it is not ready before
	keepEnd   time.Duration // it is dropped when allowed(now) reaches this

	token    int64         // of the present holder; 0: none
	outlived bool          // the holder's death has ended
	leaseEnd time.Duration // 0: no lease lasts
	pinned   int64         // token of the holder for which Pin was called; 0: none
	closing  bool          // pinned to end the death

	phase        *queue[*record] // delayed, leased, one of ready, or nil
	at           int             // its place there
	undetectedAt int             // its place in undetected, if the death is pending and not detected
	recent       bool
	recentAt     int // its place in deaths.recent
	expiring     bool
	expiringAt   int  // its place in deaths.expiring
	fresh        bool // it counts in deaths.fresh: never handed out, and not by Expire
}

// Death is a silence, in times of the roster.
type Death struct {
	Deadline, Since time.Duration
	Attempt         int // times handed out
	Expired         bool
	Adopted         bool
	Kept            time.Duration // since when one that was restored is kept; 0: it was not
}

// place puts a record into the heaps in which it belongs at now, by the table of the
// package comment.
func (d *deaths) place(x *record, now time.Duration) {
	if x.leaseEnd != 0 && x.leaseEnd <= now && x.pinned == 0 {
		d.endLease(x, x.leaseEnd)
	}
	leased := x.leaseEnd != 0 || x.pinned != 0
	switch {
	case x.pinned != 0:
		d.enter(x, &d.leased, never)
	case leased:
		d.enter(x, &d.leased, x.leaseEnd)
	case !x.pending || !x.detected:
		d.leave(x)
	case x.readyFrom > now:
		d.enter(x, &d.delayed, x.readyFrom)
	case x.Expired:
		d.enter(x, &d.ready.expired, x.readyFrom)
	case x.readyFrom == x.Deadline:
		d.enter(x, &d.ready.sinceDeadline, x.readyFrom)
	default:
		d.enter(x, &d.ready.sinceLater, x.readyFrom)
	}
	d.setExpiring(x, x.pending && x.Attempt == 0 && !leased)
	d.setFresh(x, leased)
	if !x.pending && !leased && !x.recent {
		d.remove(x)
		d.notEmpty.Store(d.size > 0)
	}
}

// endLease ends the lease at a time from which a death may be ready. The holder
// of the last token stays the holder of its own death.
func (d *deaths) endLease(x *record, at time.Duration) {
	x.leaseEnd = 0
	x.readyFrom = max(x.readyFrom, at)
	if x.outlived {
		x.outlived, x.token = false, 0
	}
}

// endDeath ends the death. It also ends the holder's lease on that death, unless outlive is
// set and the lease lasts.
func (d *deaths) endDeath(x *record, outlive bool) {
	if !x.pending {
		return
	}
	if !x.detected {
		d.undetected.remove(x.undetectedAt)
	}
	x.Death, x.pending, x.detected, x.readyFrom = Death{}, false, false, 0
	switch {
	case x.outlived: // the lease is of an earlier death
	case outlive && x.leaseEnd != 0:
		x.outlived = true
	default:
		x.token, x.leaseEnd = 0, 0
	}
}

func (d *deaths) enter(x *record, q *queue[*record], when time.Duration) {
	d.leave(x)
	x.phase = q
	q.push(when, x)
}

func (d *deaths) leave(x *record) {
	if x.phase == nil {
		return
	}
	x.phase.remove(x.at)
	x.phase = nil
}

// setExpiring has the death of a record dropped in time, or not.
func (d *deaths) setExpiring(x *record, expires bool) {
	switch {
	case expires && !x.expiring:
		d.expiring.push(max(x.Deadline, x.Kept), x)
	case !expires && x.expiring:
		d.expiring.remove(x.expiringAt)
	}
	x.expiring = expires
}

// setFresh counts a death that was never handed out. One by Adopt is fresh once it has
// been ready.
func (d *deaths) setFresh(x *record, leased bool) {
	fresh := x.pending && x.Attempt == 0 && x.detected && !x.Expired
	if x.Adopted && !x.fresh && (leased || x.phase == &d.delayed) {
		fresh = false
	}
	switch {
	case fresh && !x.fresh:
		d.fresh++
	case !fresh && x.fresh:
		d.fresh--
	}
	x.fresh = fresh
}

// setRecent makes the workspace recent until end, or not recent if that is 0.
func (d *deaths) setRecent(x *record, end time.Duration) {
	if x.recent {
		d.recent.remove(x.recentAt)
	}
	x.recent = end != 0
	if x.recent {
		d.recent.push(end, x)
	}
}

// isRecent reports whether the workspace is recent at now.
func (d *deaths) isRecent(x *record, now time.Duration) bool {
	return x.recent && d.recent.entries[x.recentAt].when > now
}

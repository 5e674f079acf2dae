package roster

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// Claim implements Claim of [driver.Reaper].
func (r *Roster) Claim(ctx context.Context, o driver.ClaimOptions) ([]driver.Death, error) {
	for {
		if claimed, done := r.claimSome(o); done {
			return claimed, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

// claimSome is Claim under one lock. It is not done if nothing was ready yet and not
// all deaths are brought to now.
func (r *Roster) claimSome(o driver.ClaimOptions) (claimed []driver.Death, done bool) {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	now := r.Now()
	if d.watch.unswept || now < d.watch.graceEnd {
		return nil, true
	}
	if !d.advance(now, perLock) && d.ready.len() == 0 {
		return nil, false
	}
	before := never
	if !o.Before.IsZero() {
		before = o.Before.Sub(r.Base)
	}
	var later []*record // passed over
	for len(claimed) < min(o.Max, perLock) && len(later) < perLock {
		x := d.nextReady(before, o.Expired)
		if x == nil {
			break
		}
		if x.Deadline > before && !x.Expired {
			d.leave(x)
			later = append(later, x)
			continue
		}
		d.token++
		x.token, x.leaseEnd = d.token, now+o.Lease
		d.place(x, now)
		claimed = append(claimed, r.driverDeath(x, x.Attempt+1))
	}
	for _, x := range later {
		d.place(x, now)
	}
	return claimed, true
}

// nextReady returns the death that is to be claimed next, or nil. Its deadline may
// be later than latest.
func (d *deaths) nextReady(latest time.Duration, expired bool) *record {
	first, again := d.ready.sinceDeadline.earliest(), d.ready.sinceLater.earliest()
	switch {
	case len(d.ready.expired.entries) > 0:
		return d.ready.expired.entries[0].item
	case expired || min(first, again) == never:
		return nil
	case first <= again && first <= latest:
		return d.ready.sinceDeadline.entries[0].item
	case again != never:
		return d.ready.sinceLater.entries[0].item
	}
	return nil
}

// driverDeath returns the death of a record as its holder sees it.
func (r *Roster) driverDeath(x *record, attempt int) driver.Death {
	return driver.Death{
		ID:       x.id,
		Deadline: r.at(x.Deadline),
		Token:    x.token,
		Attempt:  attempt,
		Adopted:  x.Adopted,
		Expired:  x.Expired,
		Since:    r.at(x.Since),
	}
}

// standing returns the standing of a lease, and the record of the workspace unless
// that is Lost.
func (d *deaths) standing(h driver.Death, now time.Duration) (*record, driver.Standing) {
	x := d.find(h.ID)
	switch {
	case x == nil || h.Token == 0:
		return nil, driver.Lost
	case x.pinned == h.Token:
		return x, driver.Held
	case x.token != h.Token || x.outlived && x.leaseEnd <= now:
		return nil, driver.Lost
	case x.outlived:
		return x, driver.CameBack
	}
	return x, driver.Held
}

// Standing returns the standing of a lease.
func (r *Roster) Standing(h driver.Death) driver.Standing {
	d, _, standing, _ := r.lockLease(h)
	defer d.Unlock()
	return standing
}

// lockLease locks the deaths and looks at a lease. The caller unlocks them.
func (r *Roster) lockLease(h driver.Death) (d *deaths, x *record, standing driver.Standing, now time.Duration) {
	d = r.deaths
	d.Lock()
	now = r.Now()
	x, standing = d.standing(h, now)
	return d, x, standing, now
}

// Begin implements Begin of [driver.Reaper]. In the same step it calls first if
// the death was never handed out before.
func (r *Roster) Begin(h driver.Death, first func()) driver.Standing {
	s, _ := r.of(h.ID)
	s.Lock()
	defer s.Unlock()
	d, x, standing, now := r.lockLease(h)
	defer d.Unlock()
	if standing != driver.Held {
		return standing
	}
	if x.Attempt == 0 {
		first()
	}
	x.Attempt++
	x.pinned = 0
	d.setRecent(x, now+d.liveness)
	d.place(x, now)
	return driver.Held
}

// Extend implements Extend of [driver.Reaper].
func (r *Roster) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	standings := make([]driver.Standing, 0, len(leased))
	for some := range slices.Chunk(leased, perLock) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		standings = r.extendSome(standings, some, lease)
	}
	return standings, nil
}

// extendSome is Extend under one lock.
func (r *Roster) extendSome(standings []driver.Standing, leased []driver.Death, lease time.Duration) []driver.Standing {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	now := r.Now()
	for _, h := range leased {
		x, standing := d.standing(h, now)
		if standing != driver.Lost {
			x.leaseEnd = now + lease
			d.place(x, now)
		}
		standings = append(standings, standing)
	}
	return standings
}

// Acknowledge implements Acknowledge of [driver.Reaper].
func (r *Roster) Acknowledge(h driver.Death) bool {
	d, x, standing, now := r.lockLease(h)
	defer d.Unlock()
	switch standing {
	case driver.Held:
		x.pinned, x.closing = 0, false
		d.endDeath(x, false)
		d.setRecent(x, now+d.liveness)
	case driver.CameBack:
		d.endLease(x, now)
	default:
		return false
	}
	d.place(x, now)
	return true
}

// Release implements Release of [driver.Reaper].
func (r *Roster) Release(h driver.Death, after time.Duration) bool {
	d, x, standing, now := r.lockLease(h)
	defer d.Unlock()
	switch {
	case standing == driver.Lost || x.closing || x.token != h.Token:
		return false
	case standing == driver.CameBack:
		d.endLease(x, now)
	default:
		x.token, x.leaseEnd, x.readyFrom = 0, 0, now+after
	}
	d.place(x, now)
	return true
}

// Withdraw implements Withdraw of [driver.Reaper], with a life until deadline.
// Life is nil unless the workspace is online by that.
func (r *Roster) Withdraw(h driver.Death, deadline time.Duration) (life *Life, held bool) {
	s, hash := r.of(h.ID)
	s.Lock()
	defer s.Unlock()
	d, x, standing, now := r.lockLease(h)
	defer d.Unlock()
	switch standing {
	case driver.Held:
		life = s.findOrAdd(r, x.id, hash, math.MaxInt)
		s.renew(life, deadline)
		s.setUnheard(life, deadline, x.Since)
		x.pinned, x.closing, x.leaseEnd = 0, false, 0
		d.endSilence(x, now, withoutHeartbeat)
	case driver.CameBack:
		d.endLease(x, now)
		d.place(x, now)
	default:
		return nil, false
	}
	return life, true
}

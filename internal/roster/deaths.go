package roster

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

const never = time.Duration(math.MaxInt64)

// perLock is how many deaths are brought to now, or handled, under one lock, which
// takes some milliseconds.
const perLock = 1_000

// deaths is the records, ordered by the times at which something happens to each.
type deaths struct {
	sync.Mutex
	records
	notEmpty atomic.Bool // there is a record, for callers that need not lock otherwise

	undetected queue[*record] // by deadline
	delayed    queue[*record] // by when each is ready
	leased     queue[*record] // by the end of the lease
	ready      ready
	recent     queue[*record] // by its end
	expiring   queue[*record] // deaths that are dropped unless they are handed out, by deadline

	limit          int // with more records, deaths that were never handed out are dropped
	keep, liveness time.Duration
	token          int64
	fresh          int // deaths that were never handed out and are not by Expire
	dropped        int64
	returned       int64
	forbidden      Forbidden
	watch          watch
}

// ready is the deaths that can be claimed, ordered by the time from which each is ready.
type ready struct {
	expired       queue[*record] // by Expire
	sinceDeadline queue[*record] // ready since their deadline
	sinceLater    queue[*record] // ready since later than that
}

func newDeaths(limit int, keep, liveness time.Duration) *deaths {
	d := &deaths{records: newRecords(), limit: limit, keep: keep, liveness: liveness}
	for _, q := range []*queue[*record]{&d.delayed, &d.leased, &d.ready.expired, &d.ready.sinceDeadline, &d.ready.sinceLater} {
		q.placed = func(x *record, at int) { x.at = at }
	}
	d.recent.placed = func(x *record, at int) { x.recentAt = at }
	d.expiring.placed = func(x *record, at int) { x.expiringAt = at }
	d.undetected.placed = func(x *record, at int) { x.undetectedAt = at }
	return d
}

// add records a death. It is detected if it is by Expire or Adopt, was handed out or
// was restored. One by Adopt is ready at its deadline, and kept from then on.
func (d *deaths) add(id string, now time.Duration, death Death) {
	d.Lock()
	defer d.Unlock()
	d.addLocked(id, now, death)
}

func (d *deaths) addLocked(id string, now time.Duration, death Death) {
	x := d.get(id)
	x.Death, x.pending, x.readyFrom = death, true, death.Deadline
	kept := max(death.Deadline, death.Kept)
	x.keepEnd = d.allowed(min(kept, now)) + max(0, kept-now) + d.keep
	x.detected = death.Expired || death.Adopted || death.Attempt > 0 || death.Kept != 0
	if !x.detected {
		d.undetected.push(death.Deadline, x)
	}
	d.place(x, now)
}

// get returns the record of a workspace, a new one if there is none.
func (d *deaths) get(id string) *record {
	x := d.find(id)
	if x == nil {
		x = &record{id: id}
		d.put(x)
		d.notEmpty.Store(true)
	}
	return x
}

// detect detects up to n deaths and returns their ids.
func (d *deaths) detect(now time.Duration, n int) (detected []string) {
	for len(detected) < n && len(d.undetected.entries) > 0 {
		x := d.undetected.entries[0].item
		d.undetected.remove(0)
		x.detected = true
		d.place(x, now)
		detected = append(detected, x.id)
	}
	return detected
}

// reason is why a silence ends other than by Acknowledge or a drop.
type reason int

const (
	cameBack reason = iota
	cleared
	withoutHeartbeat // online, but not heard from: the workspace stays recent
)

// forget ends the death of a workspace, if there is one, but not a lease on it,
// and reports whether the workspace is still recent. It also brings a few other
// deaths to now, so that a store without a monitor does not grow without end.
func (d *deaths) forget(id string, now time.Duration, why reason) (recent bool) {
	const few = 4 // more than the three steps that each death takes
	if !d.notEmpty.Load() {
		return false
	}
	d.Lock()
	defer d.Unlock()
	d.advance(now, few)
	x := d.find(id)
	if x == nil {
		return false
	}
	d.endSilence(x, now, why)
	return d.isRecent(x, now)
}

// heard makes the workspace no longer recent, because it was heard from.
func (d *deaths) heard(id string, now time.Duration) {
	d.Lock()
	defer d.Unlock()
	if x := d.find(id); x != nil {
		d.endRecent(x, now, cameBack)
		d.place(x, now)
	}
}

func (d *deaths) endRecent(x *record, now time.Duration, why reason) {
	if why == withoutHeartbeat {
		return
	}
	if why == cameBack && d.isRecent(x, now) {
		d.returned++
	}
	d.setRecent(x, 0)
}

// endSilence ends the death of a record, if there is one, and lets a lease on it go
// on.
func (d *deaths) endSilence(x *record, now time.Duration, why reason) {
	d.endRecent(x, now, why)
	if x.leaseEnd <= now {
		d.endLease(x, now)
	}
	d.endDeath(x, true)
	d.place(x, now)
}

// advance brings up to n deaths to now and reports whether that was all.
func (d *deaths) advance(now time.Duration, n int) bool {
	for range n {
		if !d.advanceOne(now) {
			return true
		}
	}
	return false
}

func (d *deaths) advanceOne(now time.Duration) bool {
	for _, q := range [...]*queue[*record]{&d.leased, &d.delayed, &d.recent} {
		if x, ok := q.due(now); ok {
			if q == &d.recent {
				d.setRecent(x, 0)
			}
			d.place(x, now)
			return true
		}
	}
	oldest, ok := d.expiring.due(never)
	if !ok || d.size <= d.limit && oldest.keepEnd > d.allowed(now) && !d.unwatched(oldest, now) {
		return false
	}
	d.endDeath(oldest, false)
	d.place(oldest, now)
	d.dropped++
	return true
}

// unwatched reports whether there was no sweep for as long as the death is kept.
func (d *deaths) unwatched(x *record, now time.Duration) bool {
	return now-d.forbidden.Until >= d.keep && now-max(x.Deadline, x.Kept) >= d.keep
}

// allowed returns the part of the time before at that was not forbidden.
func (d *deaths) allowed(at time.Duration) time.Duration {
	return d.forbidden.allowed(at, d.watch.graceEnd, d.longestPatience())
}

// longestPatience is the part of a time without a sweep that counts as allowed, until
// the next sweep tells its Interval.
func (d *deaths) longestPatience() time.Duration { return d.liveness / 2 }

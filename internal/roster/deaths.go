package roster

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// deaths are the workspaces that stopped being online and whose death was not
// acknowledged. A workspace is in the lives or in the deaths of a roster,
// never in both: it changes sides under the lock of its shard.
type deaths struct {
	sync.Mutex
	table[*death]
	handled table[*death] // acknowledged and still late
	some    atomic.Bool   // there are any, for those who need not lock otherwise
	unseen  queue[*death] // no sweep has found them yet, by deadline
	taken   queue[*death] // not due, under a lease or put back, by when they are free
	free    queue[*death] // can be handed out, by since when
	late    queue[*death] // were free and count as late, by until when, acknowledged or not
	old     queue[*death] // by when they are dropped if nobody has claimed them
	keep    time.Duration // for which a death that nobody claims is kept
	adopted int
	dropped int64
	token   int64

	resumed, away time.Duration // see State
}

type death struct {
	id       string
	deadline time.Duration
	keepEnd  time.Duration
	lateEnd  time.Duration
	token    int64 // of the present holder; 0: nobody
	attempt  int
	adopted  bool
	ripe     bool           // was free
	ending   bool           // between Begin and End
	leaseEnd time.Duration  // when it began to end
	queue    *queue[*death] // unseen, taken, free or, once it is acknowledged, none
	at       int            // place there
	aging    *queue[*death] // late, old or neither
	agingAt  int            // place there
}

func newDeaths(keep time.Duration) *deaths {
	d := &deaths{table: newTable[*death](0), handled: newTable[*death](0), keep: keep}
	for _, q := range []*queue[*death]{&d.unseen, &d.taken, &d.free} {
		q.placed = func(x *death, at int) { x.at = at }
	}
	for _, q := range []*queue[*death]{&d.late, &d.old} {
		q.placed = func(x *death, at int) { x.agingAt = at }
	}
	return d
}

// bury records a death that no sweep has found yet.
func (d *deaths) bury(id string, deadline time.Duration) {
	x := d.add(id, deadline)
	d.enqueue(x, &d.unseen, deadline)
	d.age(x, &d.old, x.keepEnd)
}

// adopt records a death that can be handed out from its deadline on and then
// counts as late until lateEnd.
func (d *deaths) adopt(id string, deadline, lateEnd time.Duration) {
	d.dismiss(id)
	x := d.add(id, deadline)
	x.adopted, x.lateEnd = true, lateEnd
	d.adopted++
	d.enqueue(x, &d.taken, deadline)
}

func (d *deaths) add(id string, deadline time.Duration) *death {
	since := deadline
	if since < d.resumed {
		since = min(since+d.away, d.resumed)
	}
	if d.resumed-since >= d.keep {
		since = d.resumed // somebody had claimed it, or it would not be here
	}
	x := &death{id: id, deadline: deadline, keepEnd: since + d.keep}
	d.put(id, x)
	d.count()
	return x
}

// find returns the deaths that no sweep has found yet. From now on they can be
// handed out.
func (d *deaths) find(graceEnd, ttl time.Duration) (found []string) {
	for len(d.unseen.entries) > 0 {
		x := d.unseen.entries[0].item
		x.lateEnd = max(x.deadline, graceEnd) + ttl
		d.age(x, nil, 0)
		d.enqueue(x, &d.taken, x.deadline)
		found = append(found, x.id)
	}
	return found
}

func (d *deaths) enqueue(x *death, q *queue[*death], when time.Duration) {
	if x.queue != nil {
		x.queue.remove(x.at)
	}
	x.queue = q
	q.push(when, x)
}

// age moves a death to late, to old, or to neither.
func (d *deaths) age(x *death, q *queue[*death], when time.Duration) {
	if x.aging != nil {
		x.aging.remove(x.agingAt)
	}
	x.aging = q
	if q != nil {
		q.push(when, x)
	}
}

// forget ends the death of a workspace, if there is one, and brings a few
// others to now, so that a store that nobody watches does not grow for ever.
func (d *deaths) forget(id string, now time.Duration) {
	const few = 4 // more than the three steps that each death takes
	if !d.some.Load() {
		return
	}
	d.Lock()
	defer d.Unlock()
	if x := d.byID[id]; x != nil {
		d.end(x)
	}
	d.dismiss(id)
	d.settle(now, few)
}

func (d *deaths) end(x *death) {
	x.queue.remove(x.at)
	d.age(x, nil, 0)
	if x.adopted {
		d.adopted--
	}
	d.remove(x.id)
	d.count()
}

// acknowledge ends a death, which may go on to be late.
func (d *deaths) acknowledge(x *death) {
	late := x.aging == &d.late
	d.end(x)
	if late {
		x.queue = nil
		d.age(x, &d.late, x.lateEnd)
		d.handled.put(x.id, x)
		d.count()
	}
}

// dismiss ends that an acknowledged death is late, if it is.
func (d *deaths) dismiss(id string) {
	if x := d.handled.byID[id]; x != nil {
		d.age(x, nil, 0)
		d.handled.remove(id)
		d.count()
	}
}

func (d *deaths) count() { d.some.Store(len(d.byID)+len(d.handled.byID) > 0) }

// settle brings at most most deaths to now and reports whether that was all.
func (d *deaths) settle(now time.Duration, most int) bool {
	for range most {
		if !d.settleOne(now) {
			return true
		}
	}
	return false
}

func (d *deaths) settleOne(now time.Duration) bool {
	if x, ok := d.taken.next(now); ok {
		d.enqueue(x, &d.free, d.taken.entries[0].when)
		if !x.ripe {
			x.ripe = true
			d.age(x, &d.late, min(x.lateEnd, x.keepEnd))
		}
		return true
	}
	if x, ok := d.late.next(now); ok {
		if x.queue == nil {
			d.dismiss(x.id)
		} else {
			d.age(x, &d.old, x.keepEnd)
		}
		return true
	}
	if x, ok := d.old.next(now); ok {
		if x.attempt > 0 {
			d.age(x, nil, 0)
		} else {
			d.end(x)
			d.dropped++
		}
		return true
	}
	return false
}

// claim hands out at most q.Most deaths that are free.
func (d *deaths) claim(now time.Duration, q store.Quota) []*death {
	var out []*death
	for len(out) < q.Most && len(d.free.entries) > 0 {
		x := d.free.any(q.Random)
		d.token++
		x.token = d.token
		x.attempt++
		d.enqueue(x, &d.taken, now+q.Lease)
		out = append(out, x)
	}
	return out
}

// holds returns the death if token is that of its present holder.
func (d *deaths) holds(id string, token int64) *death {
	if x := d.byID[id]; x != nil && x.token == token && token != 0 && !x.ending {
		return x
	}
	return nil
}

// putBack takes a death from its holder.
func (d *deaths) putBack(x *death, until time.Duration) {
	x.token = 0
	d.enqueue(x, &d.taken, until)
}

package roster

import (
	"cmp"
	"context"
	"iter"
	"math"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
)

const never = time.Duration(math.MaxInt64)

// many is how many deaths a sweep or a claim brings to now under one lock.
const many = 10_000

// watch is what sweeps leave for later sweeps. It is guarded by the lock of
// the deaths.
type watch struct {
	tick     time.Duration // of the last sweep
	ticked   bool          // there was one
	graceEnd time.Duration
	note     string
}

// maximum is the greatest of the durations that were given to it.
type maximum struct{ atomic.Int64 }

func (m *maximum) add(d time.Duration) {
	for old := m.Load(); int64(d) > old; old = m.Load() {
		if m.CompareAndSwap(old, int64(d)) {
			return
		}
	}
}

// Sweep implements Sweep of [store.Reaper] for the one shard that a roster is.
func (r *Roster) Sweep(ctx context.Context, w store.Watch) (store.Sweep, error) {
	r.beginSweep(w)
	next, err := r.buryAll(ctx)
	if err != nil {
		return store.Sweep{}, err
	}
	return r.endSweep(next), nil
}

// beginSweep leaves the tick and begins a grace if there was a gap before it.
func (r *Roster) beginSweep(w store.Watch) {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	now, ttl := r.Now(), r.longest()
	gap, patience := now-r.watch.tick, max(3*time.Second, 3*w.Interval)
	switch {
	case !r.watch.ticked || gap < 0 || w.Seen.After(r.at(r.watch.tick)):
		r.watch.graceEnd = now + ttl
	case gap <= patience:
	case r.watch.graceEnd > r.watch.tick:
		// What the grace had left may be too short to hear from anybody.
		r.watch.graceEnd = max(r.watch.graceEnd+gap, now+min(patience+r.heartbeat(ttl), ttl))
	default:
		r.watch.graceEnd = now + min(gap+r.heartbeat(ttl), ttl)
	}
	r.watch.tick, r.watch.ticked = now, true
}

// buryAll turns every life that is over into a death, and returns when the next
// of the others may be.
func (r *Roster) buryAll(ctx context.Context) (next time.Duration, err error) {
	next = never
	for i := range r.shard {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		s := &r.shard[i]
		s.Lock()
		s.bury(r, r.Now(), len(s.due.entries))
		if len(s.due.entries) > 0 {
			next = min(next, s.due.entries[0].when)
		}
		s.Unlock()
	}
	return next, nil
}

func (r *Roster) endSweep(next time.Duration) store.Sweep {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	now := r.Now()
	found := d.find(r.watch.graceEnd, r.longest())
	wait := time.Duration(0)
	if d.settle(now, many) {
		wait = d.taken.until(now, max(0, next-now))
	}
	return store.Sweep{
		Now:      r.at(r.watch.tick),
		Next:     wait,
		GraceEnd: r.at(r.watch.graceEnd),
		TTL:      r.longest(),
		Note:     r.watch.note,
		Online:   int(r.held.Load()),
		Late:     len(d.late.entries),
		Waiting:  len(d.free.entries),
		Held:     len(d.taken.entries),
		Dropped:  d.dropped,
		Found:    found,
	}
}

// Claim implements Claim of [store.Reaper].
func (r *Roster) Claim(q store.Quota) []store.Death {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	now := r.Now()
	if now < r.watch.graceEnd {
		return nil
	}
	d.settle(now, many)
	var out []store.Death
	for _, x := range d.claim(now, q) {
		out = append(out, r.public(x))
	}
	return out
}

func (r *Roster) public(x *death) store.Death {
	return store.Death{ID: x.id, Deadline: r.at(x.deadline), Token: x.token, Attempt: x.attempt, Adopted: x.adopted}
}

// Renew implements Extend of [store.Reaper].
func (r *Roster) Renew(held []store.Death, lease time.Duration) []bool {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	now := r.Now()
	still := make([]bool, len(held))
	for i, h := range held {
		if x := d.holds(h.ID, h.Token); x != nil {
			d.enqueue(x, &d.taken, now+lease)
			still[i] = true
		}
	}
	return still
}

// PutBack implements PutBack of [store.Reaper].
func (r *Roster) PutBack(h store.Death, after time.Duration) bool {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	x := d.holds(h.ID, h.Token)
	if x == nil {
		return false
	}
	d.putBack(x, r.Now()+after)
	return true
}

// Deaths yields the unacknowledged deaths. It holds no lock while the body of
// the loop runs.
func (r *Roster) Deaths() iter.Seq[store.Death] {
	return func(yield func(store.Death) bool) {
		for _, x := range r.allDeaths() {
			if !yield(x) {
				return
			}
		}
	}
}

func (r *Roster) allDeaths() []store.Death {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	all := make([]store.Death, 0, len(d.byID))
	for _, x := range d.byID {
		p := r.public(x)
		p.Token = 0
		all = append(all, p)
	}
	return all
}

// Adopt implements Adopt of [store.Reaper] for one id.
func (r *Roster) Adopt(id string) {
	s, hash := r.of(id)
	s.Lock()
	defer s.Unlock()
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	if s.lives.Find(id, hash) != nil || d.byID[id] != nil {
		return
	}
	now, ttl := r.Now(), r.longest()
	due := r.watch.graceEnd
	if due <= now {
		due = now + ttl
	}
	d.adopt(id, due, due+ttl)
}

// Disown implements Disown of [store.Reaper] for one id, and reports whether
// the workspace is offline.
func (r *Roster) Disown(id string, also func()) bool {
	s, hash := r.of(id)
	s.Lock()
	defer s.Unlock()
	if l := s.lives.Find(id, hash); l != nil {
		if l.Remaining(r.Now()) > 0 {
			return false
		}
		s.forget(r, l)
	}
	r.deaths.forget(id, r.Now())
	also()
	return true
}

// die records the death of a workspace, whose shard is locked.
func (r *Roster) die(id string, deadline time.Duration) {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	d.bury(id, deadline)
}

// longest returns the longest liveness TTL in use.
func (r *Roster) longest() time.Duration {
	return cmp.Or(time.Duration(r.ttl.Load()), r.TTLs.Liveness, store.DefaultLivenessTTL)
}

// heartbeat returns how often workspaces are heard from.
func (r *Roster) heartbeat(ttl time.Duration) time.Duration {
	return cmp.Or(r.TTLs.Heartbeat, ttl/6)
}

// at returns the time of day at a time of the roster.
func (r *Roster) at(d time.Duration) time.Time { return r.Base.Add(d) }

// Note implements Note of [store.Reaper].
func (r *Roster) Note(old, new string) string {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	if r.watch.note == old {
		r.watch.note = new
	}
	return r.watch.note
}

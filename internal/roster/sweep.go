package roster

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// watch is what sweeps leave for later sweeps.
type watch struct {
	tick     time.Duration // when the last sweep was
	ticked   bool          // there was one
	unswept  bool          // there was none since Resume: nothing is leased
	graceEnd time.Duration
	note     string
}

// perSweep is how many deaths one sweep handles.
const perSweep = 10 * perLock

// Sweep implements Sweep of [driver.Reaper] for the one shard that a roster is.
func (r *Roster) Sweep(ctx context.Context, o driver.SweepOptions) (driver.SweepResult, error) {
	result := r.beginSweep(o)
	next, err := r.reapDue(ctx)
	if err != nil {
		return driver.SweepResult{}, err
	}
	r.endSweep(&result, next)
	return result, nil
}

// beginSweep leaves the tick and begins a grace if there was a gap before it.
func (r *Roster) beginSweep(o driver.SweepOptions) driver.SweepResult {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	w := &d.watch
	var last time.Time
	if w.ticked {
		last = r.at(w.tick)
	}
	now := r.Now()
	if o.Forbidden {
		d.forbidden.add(Spell{d.forbidden.Until, now}, now, d.keep)
	} else {
		d.forbidden.unswept(now, w.graceEnd, r.Traits().Patience(o.Interval), d.keep)
	}
	end := r.Traits().GraceEnd(o, r.at(now), last, r.at(w.graceEnd))
	*w = watch{tick: now, ticked: true, graceEnd: end.Sub(r.Base), note: w.note}
	return driver.SweepResult{Now: r.at(now)}
}

// reapDue turns lives that are over into deaths, and returns when the next of
// the others may be.
func (r *Roster) reapDue(ctx context.Context) (next time.Duration, err error) {
	done := r.Reap(func(dead int) bool {
		err = ctx.Err()
		return err == nil && dead < perSweep
	})
	if !done {
		return 0, err
	}
	next = never
	for i := range r.stripes {
		next = min(next, r.stripes[i].earliest())
	}
	return next, nil
}

// earliest returns when the next life of the stripe may be over, or never.
func (s *stripe) earliest() time.Duration {
	s.RLock()
	defer s.RUnlock()
	return s.index.earliest()
}

// endSweep detects deaths, brings all to now, and counts them. Next is when the
// next life may be over.
func (r *Roster) endSweep(result *driver.SweepResult, next time.Duration) {
	for left := perSweep; ; left -= perLock {
		if r.sweepSome(result, next) || left <= perLock {
			return
		}
	}
}

// sweepSome is a bounded part of endSweep under one lock. It reports whether that
// was all.
func (r *Roster) sweepSome(result *driver.SweepResult, next time.Duration) (done bool) {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	now := r.Now()
	result.Detected = append(result.Detected, d.detect(now, perLock)...)
	done = d.advance(now, perLock) && len(d.undetected.entries) == 0
	result.Next = 0
	if done {
		result.Next = max(0, min(next, d.leased.earliest(), d.delayed.earliest())-now)
	}
	result.GraceEnd = r.at(d.watch.graceEnd)
	result.Note = d.watch.note
	result.Online = int(r.lifeCount.Load()) + len(d.undetected.entries)
	result.Ready = d.ready.len()
	result.Fresh = d.fresh
	result.Leased = len(d.leased.entries)
	result.Delayed = len(d.delayed.entries)
	result.OldestReady = time.Time{}
	if oldest := d.ready.oldest(); oldest != never {
		result.OldestReady = r.at(oldest)
	}
	result.Recent = len(d.recent.entries)
	result.Returned = d.returned
	result.Dropped = d.dropped
	return done
}

func (q *ready) len() int {
	return len(q.expired.entries) + len(q.sinceDeadline.entries) + len(q.sinceLater.entries)
}

// oldest returns since when the oldest has been ready, or never.
func (q *ready) oldest() time.Duration {
	return min(q.expired.earliest(), q.sinceDeadline.earliest(), q.sinceLater.earliest())
}

// Traits implements Traits of [driver.Reaper].
func (r *Roster) Traits() driver.Traits { return driver.Traits{Shards: 1, TTLs: r.TTLs, Local: true} }

// at returns the time of day at a time of the roster.
func (r *Roster) at(d time.Duration) time.Time { return r.Base.Add(d) }

// Note implements Note of [driver.Reaper].
func (r *Roster) Note(old, next string) string {
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	if d.watch.note == old {
		d.watch.note = next
	}
	return d.watch.note
}

package conformance

import (
	"slices"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// watch is a check with a monitor. From its first sweep on the monitor sweeps
// whenever time passes, except in a gap.
type watch struct {
	*check
	traits   driver.Traits
	interval time.Duration // promised to the store, about that of its sweeps
	pause    time.Duration // between two sweeps
	swept    time.Duration // when the last sweep was
	began    time.Time     // when it began, by the clock of the machine
	seen     []time.Time   // the last Now of each shard
	forbid   bool          // the sweeps say Forbidden
	epoch    time.Time     // when the story began, by the clock of the store

	mu       sync.Mutex
	detected []string // by the sweeps in between
}

// reaper is the part of a store that the checks of deaths need.
type reaper interface {
	driver.Reaper
	driver.Reconciler
}

// reaper returns the Reaper of the store, of two stores in turns that of the next.
func (w *watch) reaper() reaper {
	r, _ := store.As[reaper](w.s)
	return r
}

// newWatch prepares to watch a store that was never swept.
func (c *check) newWatch() *watch {
	if _, ok := store.As[driver.Reaper](c.s); !ok {
		c.t.Skip("the backend has no Reaper")
	}
	r, ok := store.As[reaper](c.s)
	if !ok {
		c.t.Skip("the backend has no Reconciler")
	}
	traits := r.Traits()
	return &watch{
		check: c, traits: traits, interval: traits.Patience(c.ttl),
		pause: traits.Patience(c.ttl) - c.ttl/5, // a sweep that is a little late begins no grace
		seen:  make([]time.Time, traits.Shards),
	}
}

// watched is newWatch, and past the grace that the first sweep begins.
func (c *check) watched() *watch {
	w := c.newWatch()
	w.sweep()
	w.justAfter(w.in(w.traits.Liveness()))
	w.epoch = w.sweep().Now.Add(-w.passed)
	return w
}

// withDeaths is watched, and a death of each of the workspaces has been detected.
func (c *check) withDeaths(ids ...string) *watch {
	w := c.watched()
	w.die(ids...)
	return w
}

// reopen goes on as a monitor that has just been started.
func (w *watch) reopen(away time.Duration) {
	epoch := w.epoch
	w.monitor = nil
	w.check.reopen(away)
	next := w.newWatch()
	w.seen, w.detected, w.epoch = next.seen, nil, epoch
}

// at returns a moment of the story by the clock of the store.
func (w *watch) at(moment time.Duration) time.Time { return w.epoch.Add(moment) }

// tick sweeps every shard while time passes.
func (w *watch) tick() {
	for _, s := range w.sweepEach() {
		w.detected = append(w.detected, s.Detected...)
	}
}

// passUnswept lets time pass until just after a deadline, with the last sweep just
// before.
func (w *watch) passUnswept(deadline time.Duration) {
	w.justBefore(deadline)
	w.tick()
	w.gap(deadline + w.after() - w.passed)
}

// sweep sweeps every shard and returns the results together. Detected is that of
// all sweeps since the last call.
func (w *watch) sweep() driver.SweepResult {
	shards := w.sweepEach()
	all := shards[0]
	for _, s := range shards[1:] {
		all.Next = min(all.Next, s.Next)
		all.Online += s.Online
		all.Ready += s.Ready
		all.Fresh += s.Fresh
		all.Leased += s.Leased
		all.Delayed += s.Delayed
		all.Recent += s.Recent
		all.Returned += s.Returned
		all.Dropped += s.Dropped
		all.Detected = append(all.Detected, s.Detected...)
		if all.OldestReady.IsZero() || !s.OldestReady.IsZero() && s.OldestReady.Before(all.OldestReady) {
			all.OldestReady = s.OldestReady
		}
	}
	all.Detected = append(w.detected, all.Detected...)
	w.detected = nil
	slices.Sort(all.Detected)
	return all
}

// sweepAfter lets time pass until just after a deadline, and sweeps.
func (w *watch) sweepAfter(deadline time.Duration) {
	w.justAfter(deadline)
	w.sweep()
}

// sweepEach gives the attempt up if the machine was so late since the sweep before
// that a grace may begin, which none does in a gap as short as that of the story.
func (w *watch) sweepEach() []driver.SweepResult {
	shards := make([]driver.SweepResult, w.traits.Shards)
	gap, began, patience := w.passed-w.swept, w.began, w.traits.Patience(w.interval)
	w.began = time.Now()
	w.spread(len(shards), func(i int) { shards[i] = w.sweepOne(i) })
	if w.slack > 0 && !began.IsZero() && gap <= patience && time.Since(began) > patience {
		w.t.GiveUp()
	}
	return shards
}

// sweepOne sweeps a shard until nothing more is due.
func (w *watch) sweepOne(shard int) driver.SweepResult {
	const most = 1000
	var detected []string
	for range most {
		o := driver.SweepOptions{Interval: w.interval, LastSweep: w.seen[shard], Forbidden: w.forbid}
		s := w.sweepWith(shard, o)
		w.seen[shard] = s.Now
		detected = append(detected, s.Detected...)
		if s.Next > 0 {
			s.Detected = detected
			return s
		}
	}
	w.fail("%d sweeps in a row return Next = 0, after %v", most, w.passed)
	return driver.SweepResult{}
}

func (w *watch) sweepWith(shard int, o driver.SweepOptions) driver.SweepResult {
	s, err := w.reaper().Sweep(w.ctx, shard, o)
	w.wantNil("Sweep", "", err)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.swept, w.monitor = w.passed, w
	if w.epoch.IsZero() {
		w.epoch = s.Now.Add(-w.passed)
	}
	return s
}

// wantDetected wants the sweeps since the last one that was asked for to detect
// these workspaces dead, each once, and no others.
func (w *watch) wantDetected(ids ...string) {
	want := slices.Sorted(slices.Values(ids))
	if got := w.sweep().Detected; !slices.Equal(got, want) {
		w.fail("sweeps detect %q dead, want %q, after %v", got, want, w.passed)
	}
}

// wantDetectedAt wants the sweeps to detect these workspaces just after a deadline,
// and none before.
func (w *watch) wantDetectedAt(deadline time.Duration, ids ...string) {
	w.justBefore(deadline)
	w.wantDetected()
	w.justAfter(deadline)
	w.wantDetected(ids...)
}

// die lets the workspaces live for a TTL, and be detected dead.
func (w *watch) die(ids ...string) {
	w.setOnline(ids...)
	w.justAfter(w.in(w.ttl))
	w.wantDetected(ids...)
}

// claimAfter wants the deaths to be leased after d, for long.
func (w *watch) claimAfter(d time.Duration, ids ...string) []driver.Death {
	w.justAfter(w.in(d))
	return w.claim(ids...)
}

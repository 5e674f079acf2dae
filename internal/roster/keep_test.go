package roster

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store/driver"
)

// A death is kept for an hour, less a moment, in which it can be claimed.
func TestDeathsAreKeptForTheTimeInWhichTheyCanBeClaimed(t *testing.T) {
	const most = keep - 2*time.Second
	for name, forbidden := range map[string]func(f *fleet) *fleet{
		"without a break": func(f *fleet) *fleet { return f },
		"a grace does not count": func(f *fleet) *fleet {
			f.clock.now += ttl / 2 // begins a grace; patience of it counts
			grace := f.sweep(driver.SweepOptions{})
			f.pass(grace.GraceEnd.Sub(grace.Now))
			f.lessKept = f.Traits().Patience(0)
			return f
		},
		"a time without a sweep does not count, however long": func(f *fleet) *fleet {
			f.clock.now += 3 * keep // patience of it counts
			grace := f.sweep(driver.SweepOptions{})
			f.pass(grace.GraceEnd.Sub(grace.Now))
			f.lessKept = f.Traits().Patience(0)
			return f
		},
		"a forbidden time does not count, however long": func(f *fleet) *fleet {
			f.passWith(3*keep, driver.SweepOptions{Forbidden: true})
			return f
		},
		"nor does one that is told of at its end": func(f *fleet) *fleet {
			f.clock.now += 2 * time.Second
			f.sweep(driver.SweepOptions{Forbidden: true})
			return f
		},
		"nor does the time in which the store is closed": func(f *fleet) *fleet {
			g := f.resumed(10 * keep)
			for _, x := range f.records() {
				g.Load(x.id, x.Deadline, x.Since)
			}
			grace := g.sweep(driver.SweepOptions{})
			g.pass(grace.GraceEnd.Sub(grace.Now))
			return g
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t)
			f.die("a")
			f = forbidden(f)
			left := f.pass(most - f.lessKept)
			assert.Zero(t, left.Dropped)
			assert.Equal(t, 1, left.Ready)
			left = f.pass(4 * time.Second)
			assert.Equal(t, int64(1), left.Dropped)
			assert.Zero(t, left.Ready+left.Fresh)
			assert.False(t, f.Knows("a"))
		})
	}
}

func TestOnlyADeathThatWasNeverHandedOutIsDropped(t *testing.T) {
	t.Run("one that was handed out is kept", func(t *testing.T) {
		f := newFleet(t)
		f.handOut(f.dead("a"))
		f.pass(3 * keep)
		assert.Equal(t, 2, f.claimOne().Attempt)
	})
	t.Run("one is not dropped while it is leased", func(t *testing.T) {
		f := newFleet(t)
		d := f.dead("a")
		f.Extend([]driver.Death{d}, 3*keep)
		f.pass(2 * keep)
		assert.Equal(t, driver.Held, f.begin(d))
	})
	t.Run("one whose lease ended without being handed out is", func(t *testing.T) {
		f := newFleet(t)
		f.dead("a")
		assert.Equal(t, int64(1), f.pass(keep).Dropped)
	})
	t.Run("without a monitor too", func(t *testing.T) {
		f := newFleet(t)
		f.Set("a", time.Minute, nil)
		f.clock.now += 2 * time.Minute
		assert.True(t, f.Reap())
		f.clock.now += keep
		assert.False(t, f.Drop())
		assert.False(t, f.Knows("a"))
		assert.Equal(t, int64(1), f.State().Dropped)
	})
}

func TestDeathsBeyondTheLimitAreDroppedOldestFirst(t *testing.T) {
	const limit = 10
	r, clock := newRoster(limit)
	f := &fleet{Roster: r, t: t, clock: clock}
	f.pass(ttl)
	handedOut := f.handOut(f.dead("handed out"))
	f.Release(handedOut, keep)
	for i := range 3 * limit {
		f.Set(strconv.Itoa(i), time.Second, nil)
		f.clock.now += time.Second
		f.sweep(driver.SweepOptions{})
	}
	assert.Equal(t, int64(2*limit+1), f.pass(0).Dropped)
	assert.True(t, f.Knows("handed out"))
	for i := range 3 * limit {
		assert.Equal(t, i > 2*limit, f.Knows(strconv.Itoa(i)), i)
	}
}

// Workspaces die one after the other, and no monitor sweeps.
//
// It fails if a death that is kept for longer is before one that is due.
func TestWithoutAMonitorEachDeathIsDroppedInTime(t *testing.T) {
	const n = 1000
	r, clock := newRoster(n)
	began := clock.now
	for i := range n {
		require.NotNil(t, r.Set(strconv.Itoa(i), time.Minute, nil))
		clock.now += keep / n
		reap(r)
		for r.Drop() {
		}
	}
	for i := range n {
		clock.now = began + time.Duration(i)*keep/n + time.Minute + keep
		reap(r)
		for r.Drop() {
		}
		require.EqualValues(t, i+1, r.State().Dropped)
		require.False(t, r.Knows(strconv.Itoa(i)), "the oldest is dropped first")
	}
}

func TestForbiddenTimeIsNeverCountedLessThanItWas(t *testing.T) {
	const seconds, keep = 5000, 300
	forbidden := make([]bool, seconds)
	var f Forbidden
	for now := 0; now < seconds; {
		next := min(seconds, now+1+rand.IntN(20))
		if rand.IntN(3) == 0 {
			for at := now; at < next; at++ {
				forbidden[at] = true
			}
			f.add(Spell{time.Duration(now), time.Duration(next)}, time.Duration(next), keep)
		} else {
			f.add(Spell{}, time.Duration(next), keep)
		}
		now = next
		allowed := 0
		for at := now - 1; at >= 0 && allowed < keep; at-- {
			if !forbidden[at] {
				allowed++
			}
			got := f.allowed(time.Duration(now), 0, 0) - f.allowed(time.Duration(at), 0, 0)
			assert.LessOrEqual(t, got, time.Duration(allowed))
		}
		assert.LessOrEqual(t, len(f.Spells), mostSpells)
	}
}

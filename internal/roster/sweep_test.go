package roster

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store/driver"
)

// Other calls may notice a death before a sweep does.
func TestADeathIsDetectedByASweepWhateverNoticedItFirst(t *testing.T) {
	f := newFleet(t)
	f.Set("a", time.Minute, nil)
	died := f.time().Add(time.Minute)
	f.clock.now += 30 * time.Minute // without a sweep
	assert.Zero(t, f.Count())
	assert.Empty(t, f.claim(), "it is not detected")
	assert.Empty(t, f.pending())
	assert.Equal(t, driver.Vanished, f.Look("a").State)

	found := f.sweep(driver.SweepOptions{})
	assert.Equal(t, []string{"a"}, found.Detected)
	assert.True(t, found.GraceEnd.After(found.Now))
	assert.Equal(t, driver.Dead, f.Look("a").State)
	f.pass(found.GraceEnd.Sub(found.Now))
	assert.Equal(t, died, f.claimOne().Deadline)
}

func TestASetOfADeadWorkspaceEndsItsDeath(t *testing.T) {
	for name, notice := range map[string]func(f *fleet){
		"that nothing noticed":     func(f *fleet) {},
		"that is not yet detected": func(f *fleet) { f.Reap() },
		"that is detected":         func(f *fleet) { f.sweep(driver.SweepOptions{}) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t)
			f.Set("a", time.Second, nil)
			f.clock.now += time.Second
			notice(f)
			f.Set("a", time.Minute, nil)
			assert.Empty(t, f.sweep(driver.SweepOptions{}).Detected)
			assert.Empty(t, f.claim())
			assert.Equal(t, time.Minute, f.Remaining("a"))
		})
	}
}

func TestALostTickBeginsAGrace(t *testing.T) {
	f := newFleet(t)
	found, err := f.Sweep(t.Context(), driver.SweepOptions{Interval: time.Second, LastSweep: f.swept.Add(1)})
	require.NoError(t, err)
	assert.Equal(t, ttl, found.GraceEnd.Sub(found.Now))
}

func TestASweepHandlesABoundedNumber(t *testing.T) {
	r, clock := newRoster(3 * perSweep)
	f := &fleet{Roster: r, t: t, clock: clock}
	f.pass(ttl)
	for i := range 3 * perSweep {
		require.NotNil(t, r.Set(strconv.Itoa(i), time.Second, nil))
	}
	clock.now += time.Second
	detected := 0
	found := f.sweep(driver.SweepOptions{})
	for steps := 0; found.Next == 0; steps++ {
		require.Less(t, steps, 10)
		require.LessOrEqual(t, len(found.Detected), perSweep)
		detected += len(found.Detected)
		assert.Equal(t, 3*perSweep, found.Online+found.Ready)
		found = f.sweep(driver.SweepOptions{})
	}
	assert.Equal(t, 3*perSweep, detected+len(found.Detected))
	assert.Equal(t, 3*perSweep, found.Fresh)
	assert.Len(t, f.Claim(driver.ClaimOptions{Max: 3 * perSweep, Lease: lease}), perLock)
}

func TestASweepStopsWithItsContext(t *testing.T) {
	f := newFleet(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Sweep(ctx, driver.SweepOptions{Interval: time.Second})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestRecent(t *testing.T) {
	recent := func(f *fleet) [2]int {
		found := f.pass(0)
		return [2]int{found.Recent, int(found.Returned)}
	}
	t.Run("begins when a death is handed out", func(t *testing.T) {
		f := newFleet(t)
		d := f.dead("a")
		assert.Equal(t, [2]int{0, 0}, recent(f))
		f.handOut(d)
		assert.Equal(t, [2]int{1, 0}, recent(f))
		f.pass(ttl - 1)
		assert.Equal(t, [2]int{1, 0}, recent(f))
		f.pass(1)
		assert.Equal(t, [2]int{0, 0}, recent(f))
	})
	t.Run("goes on for a TTL after the acknowledgement", func(t *testing.T) {
		f := newFleet(t)
		d := f.handOut(f.dead("a"))
		f.pass(time.Minute)
		require.True(t, f.Acknowledge(d))
		f.pass(ttl - 1)
		assert.Equal(t, [2]int{1, 0}, recent(f))
		f.pass(1)
		assert.Equal(t, [2]int{0, 0}, recent(f))
		assert.Zero(t, f.deaths.size)
	})
	t.Run("ends with a comeback, which counts", func(t *testing.T) {
		for _, acknowledged := range []bool{true, false} {
			f := newFleet(t)
			d := f.handOut(f.dead("a"))
			if acknowledged {
				f.Acknowledge(d)
			}
			f.Set("a", ttl, nil)
			assert.Equal(t, [2]int{0, 1}, recent(f))
			f.Set("a", ttl, nil)
			assert.Equal(t, [2]int{0, 1}, recent(f))
		}
	})
	t.Run("ends with Clear, which does not", func(t *testing.T) {
		f := newFleet(t)
		f.Acknowledge(f.handOut(f.dead("a")))
		f.Remove("a", func() {})
		assert.Equal(t, [2]int{0, 0}, recent(f))
	})
	t.Run("a comeback before the death is handed out does not count", func(t *testing.T) {
		f := newFleet(t)
		f.dead("a")
		f.Set("a", ttl, nil)
		assert.Equal(t, [2]int{0, 0}, recent(f))
	})
	t.Run("a comeback after its end does not count, though nothing has brought the records to now", func(t *testing.T) {
		f := newFleet(t)
		for i := range 20 {
			f.Acknowledge(f.handOut(f.dead(strconv.Itoa(i))))
		}
		f.clock.now += ttl
		f.Set("19", ttl, nil)
		assert.Equal(t, [2]int{0, 0}, recent(f))
	})
	t.Run("goes on after SetFor until the workspace is heard from beyond that", func(t *testing.T) {
		f := newFleet(t)
		for _, id := range []string{"alive", "silent", "back"} {
			f.Acknowledge(f.handOut(f.dead(id)))
		}
		f.pass(0)
		for _, id := range []string{"alive", "silent", "back"} {
			f.SetFor(id, time.Second)
		}
		f.clock.now += time.Second - 1
		assert.Equal(t, [2]int{3, 0}, recent(f))
		f.Refresh("alive", ttl)
		f.Set("back", ttl, nil)
		assert.Equal(t, [2]int{2, 1}, recent(f))
		f.clock.now++
		found := f.sweep(driver.SweepOptions{})
		assert.Equal(t, []string{"silent"}, found.Detected)
		assert.Equal(t, []int{1, 1, 1, 2}, []int{found.Ready, found.Fresh, found.Recent, int(found.Returned)})
		assert.Equal(t, driver.Unknown, f.Look("silent").State, "it is recent")
		assert.False(t, f.Forgettable("silent"))
		d := f.claimOne()
		assert.Equal(t, d.Deadline, d.Since)
		assert.Equal(t, 1, d.Attempt)
	})
}

func TestFreshAreDeathsInAnyPhaseThatWereNeverHandedOut(t *testing.T) {
	f := newFleet(t)
	f.die("ready", "leased", "delayed", "begun")
	for _, d := range f.claim() {
		switch d.ID {
		case "ready":
			f.Release(d, 0)
		case "delayed":
			f.Release(d, time.Hour)
		case "begun":
			f.handOut(d)
		}
	}
	f.Set("expired", time.Hour, nil)
	f.Expire("expired", f.clock.now)
	assert.Equal(t, 3, f.pass(0).Fresh)
	f.Adopt("adopted", f.time().Add(time.Second))
	assert.Equal(t, 3, f.sweep(driver.SweepOptions{}).Fresh, "an adopted one is not, before it is ready")
	f.clock.now += time.Second
	assert.Equal(t, 4, f.sweep(driver.SweepOptions{}).Fresh)
	for _, d := range f.claim() {
		assert.True(t, f.Release(d, time.Hour))
	}
	assert.Equal(t, 4, f.sweep(driver.SweepOptions{}).Fresh)
	f.Remove("delayed", func() {})
	f.Set("leased", time.Hour, nil)
	assert.Equal(t, 2, f.sweep(driver.SweepOptions{}).Fresh)
}

func TestTheOldestReady(t *testing.T) {
	f := newFleet(t)
	f.die("a")
	at := f.time()
	f.pass(10 * time.Second)
	f.die("b")
	assert.Equal(t, at, f.pass(0).OldestReady)
	leased := f.claim()
	assert.Zero(t, f.pass(0).OldestReady)
	f.pass(time.Second)
	assert.True(t, f.Release(leased[1], 0))
	assert.Equal(t, f.time(), f.pass(0).OldestReady)
}

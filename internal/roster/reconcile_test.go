package roster

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store/driver"
)

func TestAdopt(t *testing.T) {
	t.Run("makes a death that is ready at the given time", func(t *testing.T) {
		f := newFleet(t)
		due := f.time().Add(time.Minute)
		assert.False(t, f.Adopt("a", due))
		found := f.pass(0)
		assert.Equal(t, []int{1, 0}, []int{found.Delayed, found.Ready})
		assert.Equal(t, time.Minute, found.Next)
		f.pass(time.Minute - 1)
		assert.Empty(t, f.claim())
		assert.Equal(t, 1, f.pass(1).Fresh)
		d := f.claimOne()
		assert.True(t, d.Adopted)
		assert.Equal(t, due, d.Deadline)
		assert.Equal(t, due, d.Since)
	})
	t.Run("a time in the past is now", func(t *testing.T) {
		f := newFleet(t)
		f.Adopt("a", time.Time{})
		assert.Equal(t, f.time(), f.claimOne().Deadline)
	})
	t.Run("leaves alone a workspace that is heard from, or has a death", func(t *testing.T) {
		f := newFleet(t)
		f.die("dead")
		f.Set("online", time.Hour, nil)
		f.Set("vanished", time.Second, nil)
		f.clock.now += time.Second
		for _, id := range []string{"dead", "online", "vanished"} {
			assert.False(t, f.Adopt(id, f.time()))
		}
		f.pass(0)
		for _, d := range f.claim() {
			assert.False(t, d.Adopted, d.ID)
		}
		assert.Equal(t, time.Hour-time.Second, f.Remaining("online"))
	})
	t.Run("ends when the workspace is heard from", func(t *testing.T) {
		f := newFleet(t)
		f.Adopt("a", f.time().Add(time.Minute))
		f.Set("a", time.Hour, nil)
		f.pass(time.Minute)
		assert.Empty(t, f.claim())
		for p := range f.Deaths() {
			assert.Fail(t, "a death is pending", p.ID)
		}
	})
	t.Run("reports a workspace that was acknowledged within a TTL", func(t *testing.T) {
		f := newFleet(t)
		f.Acknowledge(f.handOut(f.dead("a")))
		f.pass(ttl - 1)
		assert.True(t, f.Adopt("a", f.time()))
		assert.Empty(t, f.claim())
		f.clock.now++ // and nothing has brought the records to now
		assert.False(t, f.Adopt("a", f.time()))
		f.claimOne()
	})
	t.Run("waits for the lease of a workspace that was cleared", func(t *testing.T) {
		f := newFleet(t)
		d := f.dead("a")
		f.Remove("a", func() {})
		f.Adopt("a", f.time().Add(time.Second))
		f.pass(time.Second)
		assert.Empty(t, f.claim())
		assert.True(t, f.Acknowledge(d))
		assert.True(t, f.claimOne().Adopted)
	})
}

func TestForget(t *testing.T) {
	forgets := func(f *fleet, id string) (urls bool) {
		was := f.Forgettable(id)
		f.Forget(id, func() { urls = true })
		assert.Equal(f.t, was, urls)
		return urls
	}
	for name, c := range map[string]struct {
		do      func(f *fleet)
		forgets bool
	}{
		"an unknown workspace":            {func(f *fleet) {}, true},
		"one whose death is ready":        {func(f *fleet) { f.die("a") }, true},
		"one whose death is delayed":      {func(f *fleet) { f.Release(f.dead("a"), time.Hour) }, true},
		"one that was adopted":            {func(f *fleet) { f.Adopt("a", f.time().Add(time.Hour)) }, true},
		"one whose death is not detected": {func(f *fleet) { f.Set("a", 1, nil); f.clock.now++ }, true},
		"one that is dead by Expire":      {func(f *fleet) { f.Set("a", ttl, nil); f.Expire("a", f.clock.now) }, true},
		"one whose lease has ended":       {func(f *fleet) { f.dead("a"); f.pass(lease) }, true},
		"but not one that is online":      {func(f *fleet) { f.Set("a", ttl, nil) }, false},
		"nor one whose death is leased":   {func(f *fleet) { f.dead("a") }, false},
		"nor one whose death was handed out": {func(f *fleet) {
			f.Release(f.handOut(f.dead("a")), time.Hour)
		}, false},
		"nor one that is dead anew, under the lease on it": {func(f *fleet) {
			f.dead("a")
			f.Set("a", 1, nil)
			f.clock.now++
		}, false},
		"nor one that was acknowledged": {func(f *fleet) { f.Acknowledge(f.handOut(f.dead("a"))) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t)
			c.do(f)
			before := f.Look("a").State
			assert.Equal(t, c.forgets, forgets(f, "a"))
			if c.forgets {
				assert.False(t, f.Knows("a"))
				assert.Empty(t, f.claim())
				assert.Zero(t, f.pass(0).Returned)
				return
			}
			assert.Equal(t, before, f.Look("a").State)
		})
	}
}

func TestDeathsListsThePending(t *testing.T) {
	f := newFleet(t)
	f.die("ready", "leased", "delayed", "acknowledged")
	for _, d := range f.claim() {
		switch d.ID {
		case "ready":
			f.handOut(d)
			f.Release(d, 0)
		case "delayed":
			f.Release(d, time.Hour)
		case "acknowledged":
			f.Acknowledge(d)
		}
	}
	f.Set("online", time.Hour, nil)
	got := make(map[string]driver.Phase)
	for p := range f.Deaths() {
		assert.Zero(t, p.Token)
		assert.Equal(t, p.ID == "ready", p.Attempt == 1)
		until := map[driver.Phase]time.Time{driver.Leased: f.time().Add(lease), driver.Delayed: f.time().Add(time.Hour)}
		assert.Equal(t, until[p.Phase], p.Until)
		got[p.ID] = p.Phase
	}
	assert.Equal(t, map[string]driver.Phase{"ready": driver.Ready, "leased": driver.Leased, "delayed": driver.Delayed}, got)
}

func TestLook(t *testing.T) {
	f := newFleet(t)
	f.die("dead", "handed out")
	for _, d := range f.claim() {
		if d.ID == "handed out" {
			f.handOut(d)
		}
	}
	f.Set("online", time.Hour, nil)
	f.Set("vanished", time.Second, nil)
	f.Adopt("adopted", f.time())
	f.clock.now += time.Second
	for id, want := range map[string]driver.Sighting{
		"online":     {State: driver.Online, Remaining: time.Hour - time.Second},
		"vanished":   {State: driver.Vanished},
		"dead":       {State: driver.Dead},
		"adopted":    {State: driver.Dead},
		"handed out": {State: driver.Unknown},
		"unknown":    {State: driver.Unknown},
	} {
		assert.Equal(t, want, f.Look(id), id)
	}
}

func TestSample(t *testing.T) {
	const n, rounds = 300, 400
	r, clock := newRoster(n)
	for i := range n {
		require.NotNil(t, r.Set(string(rune('a'+i)), time.Duration(1+i)*time.Second, nil))
	}
	assert.Len(t, r.Sample(n), n)
	assert.Len(t, r.Sample(2*n), n)
	assert.Empty(t, r.Sample(0))
	seen := make(map[string]int)
	for range rounds {
		picked := r.Sample(30)
		require.Len(t, picked, 30)
		once := make(map[string]bool)
		for _, id := range picked {
			once[id] = true
			seen[id]++
		}
		require.Len(t, once, 30)
	}
	assert.Len(t, seen, n)
	for id, times := range seen {
		assert.InDelta(t, rounds/10, times, 36, id) // six standard deviations
	}
	clock.now += 100 * time.Second
	assert.Equal(t, n-100, countOf(r))
	assert.Len(t, r.Sample(n), n, "also those that are not yet detected")
}

package roster

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store/driver"
)

// resumed returns a roster that goes on from the state of f.
func (f *fleet) resumed(away time.Duration) *fleet {
	stopped := f.clock.now
	f.clock.now += away
	r := New(Config{Now: f.clock.read, Base: f.Base, Limit: 1000, MaxDeaths: 1000, KeepDeaths: keep})
	r.Resume(f.State(), stopped)
	return &fleet{Roster: r, t: f.t, clock: f.clock}
}

func TestARosterGoesOnFromTheStateOfAnother(t *testing.T) {
	first := newFleet(t)
	d := first.dead("a")
	assert.Equal(t, "new", first.Note("", "new"))

	second := first.resumed(0)
	deadline := d.Deadline.Sub(first.Base)
	second.Load("a", deadline, deadline)
	second.LoadDeath("c", Death{Deadline: deadline, Since: deadline, Attempt: 3})
	second.LoadDeath("e", Death{Deadline: deadline, Since: deadline, Expired: true})
	assert.Equal(t, first.State().Tick, second.State().Tick)
	assert.Empty(t, second.claim(), "nothing is leased before a sweep")
	found := second.sweep(driver.SweepOptions{})
	assert.Equal(t, []string{"a"}, found.Detected)
	assert.Equal(t, "new", found.Note)
	assert.False(t, found.GraceEnd.After(found.Now), "there was no gap")
	attempts := make(map[string]int)
	for _, again := range second.claim() {
		assert.Greater(t, again.Token, d.Token)
		assert.Equal(t, again.ID == "e", again.Expired)
		attempts[again.ID] = again.Attempt
	}
	assert.Equal(t, map[string]int{"a": 1, "c": 4, "e": 1}, attempts)
}

func TestAGraceInTheStateIsOneTTLAtMost(t *testing.T) {
	f := newFleet(t)
	state := f.State()
	state.GraceEnd = f.clock.now + 1000*time.Hour
	r := New(Config{Now: f.clock.read, Base: f.Base, Limit: 1000, MaxDeaths: 1000, KeepDeaths: keep})
	r.Resume(state, f.clock.now)
	found, err := r.Sweep(t.Context(), driver.SweepOptions{Interval: time.Second})
	require.NoError(t, err)
	assert.Equal(t, ttl, found.GraceEnd.Sub(found.Now))
}

func TestALifeByWithdrawKeepsItsSinceInTheNextRoster(t *testing.T) {
	f := newFleet(t)
	g := f.resumed(0)
	g.Load("silent", g.clock.now+time.Minute, time.Second)
	g.Load("heard", g.clock.now+time.Minute, time.Second)
	assert.True(t, g.Refresh("heard", time.Minute+1))
	g.pass(ttl + time.Minute + time.Second)
	deaths := g.claim()
	assert.Len(t, deaths, 2)
	for _, d := range deaths {
		since := g.at(time.Second)
		if d.ID == "heard" {
			since = d.Deadline
		}
		assert.Equal(t, since, d.Since, d.ID)
	}
}

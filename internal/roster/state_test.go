package roster

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
)

func TestARosterGoesOnFromTheStateOfAnother(t *testing.T) {
	first, clock := watched(t)
	first.Set("a", time.Minute)
	died := clock.now + time.Minute
	pass(t, first, clock, time.Minute)
	token := claimOne(t, first).Token
	assert.Equal(t, "new", first.Note("", "new"))
	assert.False(t, first.State().Adopted)
	first.Adopt("b")
	assert.True(t, first.State().Adopted)

	second := New(Config{Now: clock.read, Limit: 100, KeepDeaths: time.Hour})
	second.Resume(first.State())
	second.Restore("a", died, time.Minute)
	assert.Equal(t, first.State().Tick, second.State().Tick)
	found := sweepOnce(t, second)
	assert.Equal(t, []string{"a"}, found.Found)
	assert.Equal(t, "new", found.Note)
	assert.Equal(t, time.Minute, found.TTL)
	assert.False(t, found.GraceEnd.After(found.Now), "there was no gap")
	d := claimOne(t, second)
	assert.Greater(t, d.Token, token)
	assert.Equal(t, 1, d.Attempt)
}

func TestTheTimeAwayDoesNotCountAsKept(t *testing.T) {
	const keep = time.Hour
	for _, watching := range []bool{true, false} {
		clock := &hand{now: 100 * time.Hour}
		r := New(Config{Now: clock.read, Limit: 100, KeepDeaths: keep})
		r.Resume(State{Away: 10 * time.Hour})
		r.Restore("kept for 40 min before", clock.now-10*time.Hour-40*time.Minute, time.Minute)
		r.Restore("died meanwhile", clock.now-5*time.Hour, time.Minute)
		r.Restore("kept because it was claimed", clock.now-11*time.Hour, time.Minute)
		dropped := func(after time.Duration) int64 {
			clock.now += after
			r.Bury()
			if watching {
				sweepOnce(t, r)
			}
			for r.GiveUp() {
			}
			return r.State().Dropped
		}
		require.Zero(t, dropped(19*time.Minute))
		assert.Equal(t, int64(1), dropped(2*time.Minute))
		assert.Equal(t, int64(1), dropped(38*time.Minute))
		assert.Equal(t, int64(3), dropped(2*time.Minute))
	}
}

func TestTheDroppedAreCountedAndGone(t *testing.T) {
	r, clock := watched(t)
	r.Set("claimed", time.Minute)
	pass(t, r, clock, time.Minute)
	claimOne(t, r)
	r.Set("never claimed", time.Minute)
	clock.now += 2 * time.Hour
	assert.True(t, r.Bury())
	assert.False(t, r.GiveUp())
	assert.True(t, r.Knows("claimed"))
	assert.False(t, r.Knows("never claimed"))
	assert.Equal(t, int64(1), sweepOnce(t, r).Dropped)
	for d := range r.Deaths() {
		assert.Equal(t, "claimed", d.ID)
		assert.Equal(t, store.Death{}.Token, d.Token)
	}
}

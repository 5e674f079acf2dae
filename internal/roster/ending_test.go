package roster

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
)

const lease = 10 * time.Second

// sweepOnce sweeps as a monitor with an interval of 1 s does.
func sweepOnce(t *testing.T, r *Roster) store.Sweep {
	t.Helper()
	found, err := r.Sweep(t.Context(), store.Watch{Interval: time.Second})
	require.NoError(t, err)
	return found
}

// watched returns a roster whose first grace is over.
func watched(t *testing.T) (*Roster, *hand) {
	r, clock := newRoster(100)
	pass(t, r, clock, store.DefaultLivenessTTL)
	return r, clock
}

// pass lets time pass while a monitor sweeps, and returns the last sweep.
func pass(t *testing.T, r *Roster, clock *hand, long time.Duration) store.Sweep {
	t.Helper()
	sweepOnce(t, r)
	for end := clock.now + long; clock.now < end; sweepOnce(t, r) {
		clock.now += min(time.Second, end-clock.now)
	}
	return sweepOnce(t, r)
}

func claimOne(t *testing.T, r *Roster) store.Death {
	t.Helper()
	deaths := r.Claim(store.Quota{Most: 10, Lease: lease})
	require.Len(t, deaths, 1)
	return deaths[0]
}

func TestADeathThatIsBeingAcknowledgedIsNobodyElses(t *testing.T) {
	r, clock := watched(t)
	r.Set("a", time.Minute)
	pass(t, r, clock, time.Minute)
	d := claimOne(t, r)
	pass(t, r, clock, lease/2)

	require.True(t, r.Begin(d))
	assert.False(t, r.Begin(d))
	assert.True(t, r.Holds(d))
	assert.Equal(t, []bool{false}, r.Renew([]store.Death{d}, lease))
	assert.False(t, r.PutBack(d, 0))
	assert.Equal(t, 1, pass(t, r, clock, 2*lease).Held)
	assert.Empty(t, r.Claim(store.Quota{Most: 10, Lease: lease}))
	assert.True(t, r.End("a", func() {}))
	assert.False(t, r.End("a", func() { t.Error("it has ended before") }))
	assert.False(t, r.Knows("a"))
}

func TestADeathWhoseAcknowledgementFailedIsItsHoldersUntilTheLeaseEnds(t *testing.T) {
	r, clock := watched(t)
	r.Set("a", time.Minute)
	pass(t, r, clock, time.Minute)
	d := claimOne(t, r)
	pass(t, r, clock, lease/2)
	require.True(t, r.Begin(d))
	r.Abort("a")
	r.Abort("a")
	pass(t, r, clock, lease/2-1)
	assert.Empty(t, r.Claim(store.Quota{Most: 10, Lease: lease}))
	pass(t, r, clock, 1)
	again := claimOne(t, r)
	assert.Equal(t, 2, again.Attempt)
	assert.False(t, r.Begin(d))
	assert.True(t, r.Acknowledge(again, func() {}))
}

func TestWhoComesBackDuringAnAcknowledgementIsNotForgotten(t *testing.T) {
	r, clock := watched(t)
	r.Set("a", time.Minute)
	pass(t, r, clock, time.Minute)
	require.True(t, r.Begin(claimOne(t, r)))
	r.Set("a", time.Minute)
	assert.False(t, r.End("a", func() { t.Error("the workspace is back") }))
	pass(t, r, clock, time.Minute)
	d := claimOne(t, r)
	assert.Equal(t, 1, d.Attempt)
	r.Abort("a")
	assert.False(t, r.End("a", func() { t.Error("nobody acknowledges the new death") }))
}

// Others may notice a death before a sweep does.
func TestADeathIsFoundByASweepWhoeverNoticedItFirst(t *testing.T) {
	r, clock := watched(t)
	r.Set("a", time.Minute)
	died := clock.now + time.Minute
	clock.now += 30 * time.Minute // nobody watches
	assert.Zero(t, r.Count())
	assert.Empty(t, r.Claim(store.Quota{Most: 10, Lease: lease}), "nothing is handed out before the gap is seen")

	found := sweepOnce(t, r)
	assert.Equal(t, []string{"a"}, found.Found)
	assert.True(t, found.GraceEnd.After(found.Now))
	assert.Equal(t, 1, found.Late)
	after := pass(t, r, clock, found.GraceEnd.Sub(found.Now))
	assert.Equal(t, 1, after.Late, "it waited out the grace")
	assert.Equal(t, r.at(died), claimOne(t, r).Deadline)
}

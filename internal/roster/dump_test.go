package roster

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Lives that are over become deaths in the middle of the walk.
func TestADumpMissesNoDeathOfALifeThatEndsMeanwhile(t *testing.T) {
	const fleet = 2000
	r, clock := newRoster(fleet)
	for i := range fleet {
		require.NotNil(t, r.SetFor(fmt.Sprint(i), time.Millisecond))
	}
	clock.now += time.Second
	steps := 0
	known, err := NewInMemory(r, new(Gate), URLs{IDs: func() []string { return nil }}).known(func() error {
		if steps++; steps == stripeCount/2 {
			for !r.Reap(func(int) bool { return true }) {
			}
		}
		return nil
	})
	require.NoError(t, err)
	found := map[string]bool{}
	for _, ids := range known {
		for _, id := range ids {
			found[id] = true
		}
	}
	assert.Equal(t, fleet, len(found))
}

func TestTheDelayOfADeathIsNotThatOfTheNext(t *testing.T) {
	f := newFleet(t)
	f.die("a")
	d := f.handOut(f.claimOne())
	require.True(t, f.Release(d, time.Hour))
	f.SetFor("a", time.Second)
	f.clock.now += 2 * time.Second
	dumped, ok := f.dump("a", func(string, time.Duration) (url, internalURL driver.CachedURL) { return })
	require.True(t, ok)
	assert.Zero(t, dumped.Death.Delay)
}

func TestAnAdoptedDeathIsDueWithinAYear(t *testing.T) {
	f := newFleet(t)
	f.Adopt("a", time.Unix(1<<40, 0))
	r := f.sweep(driver.SweepOptions{})
	assert.Equal(t, 1, r.Delayed)
	assert.Zero(t, r.Dropped)
	assert.LessOrEqual(t, f.deaths.find("a").readyFrom, f.clock.now+store.MaxTTL)
}

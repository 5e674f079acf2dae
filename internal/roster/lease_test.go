package roster

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store/driver"
)

func TestOnlyTheHolderOfTheLastTokenHasEffect(t *testing.T) {
	f := newFleet(t)
	former := f.dead("a")
	f.pass(lease)
	assert.Equal(t, driver.Held, f.Standing(former), "its lease has ended, and no other caller has claimed it")
	holder := f.claimOne()
	assert.Greater(t, holder.Token, former.Token)
	for name, d := range map[string]driver.Death{
		"the former holder": former,
		"no token":          {ID: "a"},
		"another workspace": {ID: "b", Token: holder.Token},
		"a later token":     {ID: "a", Token: holder.Token + 1},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, driver.Lost, f.begin(d))
			assert.Equal(t, []driver.Standing{driver.Lost}, f.Extend([]driver.Death{d}, lease))
			assert.False(t, f.Acknowledge(d))
			assert.False(t, f.Release(d, 0))
			_, held := f.Withdraw(d, f.clock.now+ttl)
			assert.False(t, held)
		})
	}
	assert.Equal(t, driver.Held, f.Standing(holder))
}

func TestAHolderWhoseLeaseHasEndedIsTheHolderUntilTheNextClaim(t *testing.T) {
	for name, do := range map[string]func(t *testing.T, f *fleet, d driver.Death){
		"it extends": func(t *testing.T, f *fleet, d driver.Death) {
			assert.Equal(t, []driver.Standing{driver.Held}, f.Extend([]driver.Death{d}, lease))
			assert.Empty(t, f.claim())
		},
		"it begins": func(t *testing.T, f *fleet, d driver.Death) {
			assert.Equal(t, driver.Held, f.begin(d))
			assert.Zero(t, f.pass(0).Fresh)
			assert.Equal(t, 2, f.claimOne().Attempt)
		},
		"it acknowledges": func(t *testing.T, f *fleet, d driver.Death) { assert.True(t, f.Acknowledge(d)) },
		"it releases": func(t *testing.T, f *fleet, d driver.Death) {
			assert.True(t, f.Release(d, time.Minute))
			assert.Empty(t, f.claim())
		},
		"it withdraws": func(t *testing.T, f *fleet, d driver.Death) {
			_, held := f.Withdraw(d, f.clock.now+ttl)
			assert.True(t, held)
			assert.Equal(t, ttl, f.Remaining("a"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t)
			d := f.dead("a")
			assert.Equal(t, 1, f.pass(2*lease).Ready)
			do(t, f, d)
			f.pass(0)
		})
	}
}

func TestALeaseOutlivesAComeback(t *testing.T) {
	comebacks := map[string]func(f *fleet){
		"set online": func(f *fleet) { f.Set("a", time.Hour, nil) },
		"cleared":    func(f *fleet) { f.Remove("a", func() {}) },
	}
	for name, comeBack := range comebacks {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t)
			d := f.dead("a")
			comeBack(f)
			assert.False(t, f.Knows("a") && f.Remaining("a") == 0)
			assert.Empty(t, f.pending())
			assert.Equal(t, driver.CameBack, f.begin(d))
			found := f.pass(lease / 2)
			assert.Equal(t, 1, found.Leased)
			assert.Zero(t, found.Recent)
			assert.Equal(t, []driver.Standing{driver.CameBack}, f.Extend([]driver.Death{d}, lease))
			found = f.pass(lease - 1)
			assert.Equal(t, 1, found.Leased)
			assert.Equal(t, time.Duration(1), found.Next)
			found = f.pass(1)
			assert.Zero(t, found.Leased)
			assert.Equal(t, driver.Lost, f.begin(d))
			assert.Equal(t, []driver.Standing{driver.Lost}, f.Extend([]driver.Death{d}, lease))
			assert.False(t, f.Acknowledge(d))
			assert.Zero(t, f.deaths.size)
		})
	}
	t.Run("a lease that had ended before is lost", func(t *testing.T) {
		f := newFleet(t)
		d := f.dead("a")
		f.pass(lease)
		f.Set("a", time.Hour, nil)
		assert.Equal(t, driver.Lost, f.begin(d))
	})
	t.Run("the holder ends it, and the workspace stays online", func(t *testing.T) {
		for _, end := range []func(f *fleet, d driver.Death) bool{
			func(f *fleet, d driver.Death) bool { return f.Acknowledge(d) },
			func(f *fleet, d driver.Death) bool { return f.Release(d, time.Hour) },
			func(f *fleet, d driver.Death) bool {
				life, held := f.Withdraw(d, f.clock.now+1)
				return held && life == nil
			},
		} {
			f := newFleet(t)
			d := f.dead("a")
			f.Set("a", time.Hour, nil)
			assert.True(t, end(f, d))
			assert.False(t, end(f, d))
			assert.Zero(t, f.pass(0).Leased)
			assert.Equal(t, time.Hour, f.Remaining("a"))
		}
	})
}

func TestALaterDeathOfALeasedWorkspaceIsNotHandedOut(t *testing.T) {
	again := func(t *testing.T) (*fleet, driver.Death) {
		f := newFleet(t)
		d := f.dead("a")
		f.handOut(d)
		f.Set("a", time.Second, nil)
		f.clock.now += time.Second
		assert.Equal(t, []string{"a"}, f.sweep(driver.SweepOptions{}).Detected)
		return f, d
	}
	t.Run("it is pending, and leased", func(t *testing.T) {
		f, d := again(t)
		found := f.pass(0)
		assert.Equal(t, []int{0, 0, 1}, []int{found.Ready, found.Recent, found.Leased})
		assert.Empty(t, f.claim())
		pending := f.pending()
		require.Len(t, pending, 1)
		assert.Equal(t, driver.Leased, pending[0].Phase)
		assert.Zero(t, pending[0].Attempt)
		assert.Equal(t, driver.CameBack, f.begin(d))
		assert.Equal(t, []driver.Standing{driver.CameBack}, f.Extend([]driver.Death{d}, lease))
	})
	t.Run("it is ready when the lease has ended, and the old token is lost", func(t *testing.T) {
		f, d := again(t)
		assert.Equal(t, lease-time.Second, f.pass(0).Next)
		assert.Equal(t, 1, f.pass(lease-time.Second).Fresh)
		assert.Equal(t, driver.Lost, f.begin(d))
		assert.False(t, f.Release(d, 0))
		newer := f.claimOne()
		assert.Equal(t, 1, newer.Attempt)
		assert.Greater(t, newer.Token, d.Token)
	})
	t.Run("it is ready when the holder acknowledges", func(t *testing.T) {
		f, d := again(t)
		assert.True(t, f.Acknowledge(d))
		assert.Equal(t, 1, f.pass(0).Fresh)
		assert.Equal(t, "a", f.claimOne().ID)
	})
	t.Run("it is ready when the holder releases, whatever the delay", func(t *testing.T) {
		f, d := again(t)
		assert.True(t, f.Release(d, time.Hour))
		assert.Equal(t, "a", f.claimOne().ID)
	})
	t.Run("it is ready when the holder withdraws", func(t *testing.T) {
		f, d := again(t)
		life, held := f.Withdraw(d, f.clock.now+ttl)
		assert.True(t, held)
		assert.Nil(t, life)
		assert.Equal(t, "a", f.claimOne().ID)
	})
	t.Run("the holder ends the lease before a sweep detects it", func(t *testing.T) {
		f := newFleet(t)
		d := f.dead("a")
		f.Set("a", time.Second, nil)
		f.clock.now += time.Second
		assert.True(t, f.Reap())
		assert.True(t, f.Acknowledge(d))
		assert.Empty(t, f.claim())
		assert.Equal(t, []string{"a"}, f.sweep(driver.SweepOptions{}).Detected)
		f.claimOne()
	})
	t.Run("by Expire it waits too", func(t *testing.T) {
		f := newFleet(t)
		d := f.dead("a")
		f.Set("a", time.Hour, nil)
		f.Expire("a", f.clock.now)
		assert.Empty(t, f.claim())
		assert.True(t, f.Acknowledge(d))
		assert.True(t, f.claimOne().Expired)
	})
	t.Run("its workspace comes back too, and the lease goes on", func(t *testing.T) {
		f, d := again(t)
		f.Set("a", time.Hour, nil)
		assert.Empty(t, f.pending())
		assert.Equal(t, driver.CameBack, f.begin(d))
	})
}

func TestReleaseDelays(t *testing.T) {
	f := newFleet(t)
	d := f.dead("a")
	assert.True(t, f.Release(d, time.Minute))
	assert.False(t, f.Release(d, 0))
	found := f.pass(0)
	assert.Equal(t, []int{1, 0, 0}, []int{found.Delayed, found.Ready, found.Leased})
	assert.Equal(t, time.Minute, found.Next)
	assert.Equal(t, driver.Delayed, f.pending()[0].Phase)
	assert.Equal(t, f.time().Add(time.Minute), f.pending()[0].Until)
	assert.Equal(t, 1, f.pass(time.Minute).Ready)
	d = f.claimOne()
	assert.True(t, f.Release(d, 0))
	f.claimOne()
}

func TestADeathThatIsPinned(t *testing.T) {
	pinned := func(t *testing.T, closing bool) (*fleet, driver.Death) {
		f := newFleet(t)
		d := f.dead("a")
		_, standing := f.Pin(d, closing)
		require.Equal(t, driver.Held, standing)
		return f, d
	}
	t.Run("is claimed by no other caller, and its lease does not end", func(t *testing.T) {
		f, d := pinned(t, true)
		assert.Equal(t, 1, f.pass(2*lease).Leased)
		assert.Empty(t, f.claim())
		assert.True(t, f.Acknowledge(d))
		assert.False(t, f.Knows("a"))
	})
	t.Run("is its holder's for the rest of the lease after Unpin", func(t *testing.T) {
		f, d := pinned(t, true)
		f.pass(lease / 2)
		f.Unpin(d)
		f.Unpin(d)
		f.pass(lease/2 - 1)
		assert.Empty(t, f.claim())
		f.pass(1)
		f.claimOne()
		assert.False(t, f.Acknowledge(d))
	})
	t.Run("is ready after Unpin if the lease has ended", func(t *testing.T) {
		f, d := pinned(t, false)
		f.pass(2 * lease)
		f.Unpin(d)
		assert.Equal(t, 1, f.pass(0).Ready)
	})
	t.Run("can be extended", func(t *testing.T) {
		f, d := pinned(t, false)
		f.pass(lease / 2)
		assert.Equal(t, []driver.Standing{driver.Held}, f.Extend([]driver.Death{d}, lease))
		assert.Equal(t, driver.Held, f.begin(d))
		f.pass(lease - 1)
		assert.Empty(t, f.claim())
	})
	t.Run("can be released while it is handed out", func(t *testing.T) {
		f, d := pinned(t, false)
		assert.True(t, f.Release(d, time.Minute))
		assert.False(t, f.Release(d, time.Minute))
		assert.Empty(t, f.claim())
		assert.Equal(t, driver.Held, f.begin(d))
		assert.Equal(t, 1, f.pass(0).Delayed)
		f.pass(time.Minute)
		assert.Equal(t, 2, f.claimOne().Attempt)
	})
	t.Run("cannot be released while it ends", func(t *testing.T) {
		f, d := pinned(t, true)
		assert.False(t, f.Release(d, 0))
		assert.True(t, f.Acknowledge(d))
	})
}

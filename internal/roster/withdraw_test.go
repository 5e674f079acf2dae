package roster

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store/driver"
)

func TestWithdraw(t *testing.T) {
	t.Run("begins a life, and ends the death and the lease", func(t *testing.T) {
		f := newFleet(t)
		d := f.dead("a")
		_, held := f.Withdraw(d, f.clock.now+ttl)
		assert.True(t, held)
		assert.Equal(t, ttl, f.Remaining("a"))
		assert.Empty(t, f.pending())
		assert.Equal(t, driver.Lost, f.begin(d))
		found := f.pass(0)
		assert.Equal(t, []int{1, 0}, []int{found.Online, found.Leased})
		assert.Equal(t, ttl, found.Next)
	})
	t.Run("since goes on until the workspace is heard from", func(t *testing.T) {
		f := newFleet(t)
		d := f.dead("a")
		since := d.Deadline
		assert.Equal(t, since, d.Since)
		for range 3 {
			f.Withdraw(d, f.clock.now+ttl)
			f.pass(ttl)
			d = f.claimOne()
			assert.Equal(t, since, d.Since)
			assert.Equal(t, f.time(), d.Deadline)
			assert.Equal(t, 1, d.Attempt)
		}
		f.Withdraw(d, f.clock.now+ttl)
		f.pass(time.Second)
		require.True(t, f.Refresh("a", ttl))
		f.pass(ttl)
		d = f.claimOne()
		assert.Equal(t, d.Deadline, d.Since)
	})
	t.Run("since does not outlive another life", func(t *testing.T) {
		f := newFleet(t)
		d := f.dead("a")
		f.Withdraw(d, f.clock.now+ttl)
		f.Set("a", ttl, nil)
		f.pass(ttl)
		d = f.claimOne()
		assert.Equal(t, d.Deadline, d.Since)
	})
	t.Run("since goes on if the workspace is expired", func(t *testing.T) {
		f := newFleet(t)
		d := f.dead("a")
		f.Withdraw(d, f.clock.now+ttl)
		f.pass(time.Minute)
		f.Expire("a", f.clock.now)
		assert.Equal(t, d.Since, f.claimOne().Since)
	})
	t.Run("of a death that was handed out is no comeback, but a heartbeat is", func(t *testing.T) {
		f := newFleet(t)
		d := f.handOut(f.dead("a"))
		f.Withdraw(d, f.clock.now+ttl/2)
		found := f.pass(0)
		assert.Equal(t, []int64{1, 0}, []int64{int64(found.Recent), found.Returned})
		require.True(t, f.Refresh("a", ttl))
		found = f.pass(ttl / 2)
		assert.Equal(t, []int64{0, 1}, []int64{int64(found.Recent), found.Returned})
	})
}

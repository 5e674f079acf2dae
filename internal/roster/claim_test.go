package roster

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store/driver"
)

func TestClaimLeasesAndBeginHandsOut(t *testing.T) {
	f := newFleet(t)
	forgotten := 0
	begin := func(d driver.Death) driver.Standing { return f.Begin(d, func() { forgotten++ }) }
	d := f.dead("a")
	assert.Equal(t, 1, d.Attempt)
	f.pass(lease)
	d = f.claimOne()
	assert.Equal(t, 1, d.Attempt, "a claim is no attempt")
	assert.Zero(t, f.pass(0).Recent)

	require.Equal(t, driver.Held, begin(d))
	assert.Equal(t, 1, f.pass(0).Recent)
	assert.Equal(t, 1, forgotten)
	f.pass(lease)
	d = f.claimOne()
	assert.Equal(t, 2, d.Attempt)
	require.Equal(t, driver.Held, begin(d))
	assert.Equal(t, 1, forgotten, "URLs are forgotten at the first attempt alone")
	assert.True(t, f.Acknowledge(d))
	assert.Equal(t, driver.Lost, begin(d))
	assert.False(t, f.Knows("a"))
}

func TestTheOrderOfClaims(t *testing.T) {
	f := newFleet(t)
	f.die("released")
	f.Release(f.claimOne(), 20*time.Second) // and ready 80 s from now
	for _, id := range []string{"first", "second", "third"} {
		f.Set(id, 50*time.Second, nil)
		f.pass(10 * time.Second)
	}
	f.pass(50 * time.Second)
	for _, id := range []string{"expired", "expired later"} {
		f.Set(id, time.Hour, nil)
		f.Expire(id, f.clock.now)
		f.pass(time.Second)
	}
	f.Adopt("adopted", f.time())
	var order []string
	for {
		deaths := f.Claim(driver.ClaimOptions{Max: 1, Lease: time.Hour})
		if len(deaths) == 0 {
			break
		}
		order = append(order, deaths[0].ID)
	}
	assert.Equal(t, []string{"expired", "expired later", "released", "first", "second", "third", "adopted"}, order)
}

func TestWhatAClaimLeavesOut(t *testing.T) {
	f := newFleet(t)
	f.die("early")
	f.pass(10 * time.Second)
	f.die("late")
	f.Release(f.Claim(driver.ClaimOptions{Max: 1, Lease: lease})[0], 0) // early is ready since now
	for i := range 3 {
		f.die("later" + strconv.Itoa(i))
	}
	f.Set("expired", time.Hour, nil)
	f.Expire("expired", f.clock.now)
	claim := func(o driver.ClaimOptions) []string {
		o.Max, o.Lease = 10, time.Second
		ids := idsOf(f.Claim(o))
		f.pass(time.Second)
		return ids
	}
	early := f.time()
	for p := range f.Deaths() {
		if p.ID == "early" {
			early = p.Deadline
		}
	}
	t.Run("deaths that are not by Expire", func(t *testing.T) {
		assert.Equal(t, []string{"expired"}, claim(driver.ClaimOptions{Expired: true}))
	})
	t.Run("deaths with a later deadline", func(t *testing.T) {
		assert.Equal(t, []string{"expired", "early"}, claim(driver.ClaimOptions{Before: early}))
		assert.Equal(t, []string{"expired"}, claim(driver.ClaimOptions{Before: early.Add(-1)}))
	})
	t.Run("deaths with a later deadline that are ready since earlier than others", func(t *testing.T) {
		assert.Len(t, claim(driver.ClaimOptions{}), 6)
		assert.Equal(t, []string{"expired", "early"}, claim(driver.ClaimOptions{Before: early}))
		assert.Equal(t, 6, f.pass(0).Ready, "those that are left out stay ready")
	})
	t.Run("deaths beyond its most", func(t *testing.T) {
		assert.Len(t, f.Claim(driver.ClaimOptions{Max: 4, Lease: lease}), 4)
		assert.Len(t, f.claim(), 2)
	})
}

package roster

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store/driver"
)

// history is what a caller knows of one workspace after any calls.
type history struct {
	deadline time.Duration // 0: offline since SetOnline, Clear or Expire
	lease    driver.Death  // the last one
	leaseEnd time.Duration // 0: the lease ended early
	own      bool          // the lease is of the present death
	attempts int           // of the present death
}

// Random calls on a few workspaces never break the promises about leases.
func TestAnyHistoryKeepsThePromisesOfLeases(t *testing.T) {
	const steps, ids = 60_000, 6
	f := newFleet(t)
	known := make(map[string]*history)
	for i := range ids {
		known[fmt.Sprint(i)] = &history{}
	}
	lastToken := int64(0)
	claims, comebacks, later := 0, 0, 0
	for range steps {
		id := fmt.Sprint(rand.IntN(ids))
		h := known[id]
		now := f.clock.now
		online := h.deadline > now
		require.Equal(t, online, f.Remaining(id) > 0)
		held := h.leaseEnd > now || h.leaseEnd != 0 && h.own
		switch rand.IntN(14) {
		case 0, 1:
			life := time.Duration(1+rand.IntN(20)) * time.Second
			require.NotNil(t, f.Set(id, life, nil))
			h.deadline, h.attempts = now+life, 0
			h.comeBack(now)
		case 2:
			life := time.Duration(1+rand.IntN(20)) * time.Second
			require.Equal(t, online, f.Refresh(id, life))
			if online {
				h.deadline = now + life
			}
		case 3:
			f.Remove(id, func() {})
			h.deadline, h.attempts = 0, 0
			h.comeBack(now)
		case 4:
			f.Expire(id, now)
			if online {
				h.deadline = now
			}
		case 5, 6, 7:
			most := 1 + rand.IntN(3)
			ready := f.sweep(driver.SweepOptions{}).Ready
			claimed := f.Claim(driver.ClaimOptions{Max: most, Lease: lease})
			require.Len(t, claimed, min(most, ready), "the counts agree with a claim")
			for _, d := range claimed {
				h := known[d.ID]
				require.LessOrEqual(t, h.deadline, now, "a workspace that is online is not leased")
				require.LessOrEqual(t, h.leaseEnd, now, "a workspace is leased once at a time")
				require.Greater(t, d.Token, lastToken)
				require.Equal(t, h.attempts+1, d.Attempt)
				lastToken = d.Token
				h.lease, h.leaseEnd, h.own = d, now+lease, true
				claims++
			}
		case 8:
			standing := f.begin(h.lease)
			require.Equal(t, h.standing(held), standing)
			if standing == driver.Held {
				h.attempts++
			}
			if standing == driver.CameBack {
				comebacks++
				if !online && h.deadline != 0 {
					later++
				}
			}
		case 9:
			require.Equal(t, []driver.Standing{h.standing(held)}, f.Extend([]driver.Death{h.lease}, lease))
			if held {
				h.leaseEnd = now + lease
			}
		case 10:
			require.Equal(t, held, f.Acknowledge(h.lease))
			if held && h.own {
				h.attempts, h.deadline = 0, min(h.deadline, now)
			}
			h.end(held)
		case 11:
			require.Equal(t, held, f.Release(h.lease, time.Duration(rand.IntN(5))*time.Second))
			h.end(held)
		case 12:
			life, did := f.Withdraw(h.lease, now+5*time.Second)
			require.Equal(t, held, did)
			require.Equal(t, held && h.own, life != nil)
			if held && h.own {
				h.deadline, h.attempts = now+5*time.Second, 0
			}
			h.end(held)
		case 13:
			f.clock.now += time.Duration(rand.IntN(2000)) * time.Millisecond
			f.sweep(driver.SweepOptions{})
		}
	}
	checkIndex(t, f.Roster)
	assert.Greater(t, claims, 1000)
	assert.Greater(t, comebacks, 100)
	assert.Greater(t, later, 20)
}

func (h *history) standing(held bool) driver.Standing {
	switch {
	case !held:
		return driver.Lost
	case h.own:
		return driver.Held
	}
	return driver.CameBack
}

// comeBack lets the lease outlive the death, if it has not ended.
func (h *history) comeBack(now time.Duration) {
	h.own = false
	if h.leaseEnd <= now {
		h.leaseEnd = 0
	}
}

func (h *history) end(held bool) {
	if held {
		h.leaseEnd, h.own = 0, false
	}
}

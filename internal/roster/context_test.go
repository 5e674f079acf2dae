package roster

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// patience is a context that is done once a call has looked at it so often.
type patience struct {
	context.Context
	looks atomic.Int64
}

func newPatience(looks int64) *patience {
	p := &patience{Context: context.Background()}
	p.looks.Store(looks)
	return p
}

func (p *patience) Err() error {
	if p.looks.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// A call that is about many workspaces, or that has many deaths to bring to now,
// looks at its context again and again.
func TestLongCallsLookAtTheirContext(t *testing.T) {
	const (
		n    = 40_000
		soon = 5
		list = 700 // when all ids are known to be legal
	)
	ids := make([]string, n)
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	for name, call := range map[string]struct {
		world func(f *fleet) // in which the call is long
		looks int64
		do    func(ctx context.Context, s InMemory) error
	}{
		"RefreshMany": {nil, list, func(ctx context.Context, s InMemory) error {
			_, err := s.RefreshMany(ctx, ids)
			return err
		}},
		"IsOnlineMany": {nil, list, func(ctx context.Context, s InMemory) error {
			_, err := s.IsOnlineMany(ctx, ids)
			return err
		}},
		"Adopt": {nil, list, func(ctx context.Context, s InMemory) error {
			_, err := s.Adopt(ctx, 0, ids, time.Time{})
			return err
		}},
		"Look": {nil, list, func(ctx context.Context, s InMemory) error {
			_, err := s.Look(ctx, ids)
			return err
		}},
		"Extend": {nil, soon, func(ctx context.Context, s InMemory) error {
			_, err := s.Extend(ctx, make([]driver.Death, n), lease)
			return err
		}},
		"Count after a mass death": {massDeath(ids), soon, func(ctx context.Context, s InMemory) error {
			_, err := s.Count(ctx)
			return err
		}},
		"Sweep after a mass death": {massDeath(ids), soon, func(ctx context.Context, s InMemory) error {
			_, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second})
			return err
		}},
		"Claim when all are dropped": {dropped(ids), soon, func(ctx context.Context, s InMemory) error {
			_, err := s.Claim(ctx, 0, driver.ClaimOptions{Max: 1, Lease: lease})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r, clock := newRoster(n)
			f := &fleet{Roster: r, t: t, clock: clock}
			if call.world != nil {
				call.world(f)
			}
			err := call.do(newPatience(call.looks), NewInMemory(r, new(Gate), URLs{}))
			var whole *store.Error
			require.ErrorAs(t, err, &whole)
			assert.True(t, errors.Is(err, context.Canceled))
		})
	}
}

// massDeath has workspaces whose deadlines have passed.
func massDeath(ids []string) func(f *fleet) {
	return func(f *fleet) {
		for _, id := range ids {
			f.Set(id, time.Minute, nil)
		}
		f.clock.now += time.Minute
	}
}

// dropped has deaths that no sweep has detected, and that were kept for long enough.
func dropped(ids []string) func(f *fleet) {
	return func(f *fleet) {
		f.pass(ttl)
		massDeath(ids)(f)
		f.Reap()
		f.clock.now += 2 * keep
	}
}

// A lock is held for a bounded number of deaths, however many there are.
func TestALockIsHeldForABoundedNumberOfDeaths(t *testing.T) {
	r, clock := newRoster(1 << 20)
	for i := range 3 * stripeCount * perLock {
		require.NotNil(t, r.Set(strconv.Itoa(i), time.Minute, nil))
	}
	clock.now += time.Minute
	before := 0
	r.Reap(func(dead int) bool {
		require.LessOrEqual(t, dead-before, perLock)
		before = dead
		return true
	})
	require.Equal(t, 3*stripeCount*perLock, before)
}

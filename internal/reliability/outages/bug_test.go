package outages

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// bend plants a bug between a store and what uses it.
type bend func(store.LivenessStore) store.LivenessStore

// hasty is a store that acknowledges some deaths as soon as they are claimed.
type hasty struct {
	store.LivenessStore
	driver.Reaper
}

func (h hasty) Unwrap() store.LivenessStore { return h.LivenessStore }

func (h hasty) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	deaths, err := h.Reaper.Claim(ctx, shard, o)
	return slices.DeleteFunc(deaths, func(d driver.Death) bool {
		if d.Token%3 > 0 {
			return false
		}
		_, err := h.Reaper.Begin(ctx, d)
		done, _ := h.Reaper.Acknowledge(ctx, d)
		return err == nil && done
	}), err
}

func TestADeathThatIsNotHandedOutIsFound(t *testing.T) {
	t.Parallel()
	foundAfterAFlush(t, "deaths that were", func(s store.LivenessStore) store.LivenessStore {
		reaper, _ := store.As[driver.Reaper](s)
		return hasty{s, reaper}
	})
}

// foundAfterAFlush tells a story with a bug, which must fail for the reason given.
func foundAfterAFlush(t *testing.T, why string, bug bend) {
	t.Helper()
	all := lossesOf(bug)
	i := slices.IndexFunc(all, func(s scenario) bool { return s.name == "redis was flushed" })
	attempt.Found(t, why, func(a *attempt.T) { all[i].run(a) })
}

// lapsing is a store that says of the acknowledgement of the last death that it is done,
// and keeps the lease.
type lapsing struct {
	store.LivenessStore
	driver.Reaper
	open *atomic.Int64 // deaths that were not acknowledged yet, by any monitor
}

func (l lapsing) Unwrap() store.LivenessStore { return l.LivenessStore }

func (l lapsing) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	if l.open.Add(-1) == 0 {
		return true, nil
	}
	return l.Reaper.Acknowledge(ctx, d)
}

// The second report of a death comes when its lease has ended.
func TestADeathThatIsHandedOutAgainAfterItsLeaseIsFound(t *testing.T) {
	t.Parallel()
	var open atomic.Int64
	open.Store(deathsOfALoss)
	foundAfterAFlush(t, "deaths that were reported more than once", func(s store.LivenessStore) store.LivenessStore {
		reaper, _ := store.As[driver.Reaper](s)
		return lapsing{s, reaper, &open}
	})
}

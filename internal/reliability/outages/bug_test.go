package outages

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

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
	all := lossesOf(func(s store.LivenessStore) store.LivenessStore {
		reaper, _ := store.As[driver.Reaper](s)
		return hasty{s, reaper}
	})
	i := slices.IndexFunc(all, func(s scenario) bool { return s.name == "redis was flushed" })
	a := attempt.Make(t.Context(), t, t.Name(), func(a *attempt.T) { all[i].run(a) })
	require.True(t, a.Failed())
	require.Contains(t, a.Reason(), "deaths that were")
}

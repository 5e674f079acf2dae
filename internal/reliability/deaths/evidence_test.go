package deaths

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// looks counts what monitors ask of driver.Sampler.
type looks struct {
	made, sampled atomic.Int64
	last          atomic.Pointer[[]string] // the workspaces of the last look that had any
	start         evidence
}

// evidence is what monitors asked in some time.
type evidence struct {
	at             time.Time
	took           time.Duration
	looks, samples int64
}

// at returns the store, with what monitors ask it counted.
func (l *looks) at(s store.LivenessStore) store.LivenessStore {
	sampler, _ := store.As[driver.Sampler](s)
	return &looked{s, sampler, l}
}

type looked struct {
	store.LivenessStore
	sampler driver.Sampler
	looks   *looks
}

func (l *looked) Unwrap() store.LivenessStore { return l.LivenessStore }

func (l *looked) Sample(ctx context.Context, shard, n int) ([]string, error) {
	l.looks.sampled.Add(1)
	return l.sampler.Sample(ctx, shard, n)
}

func (l *looked) Look(ctx context.Context, ids []string) ([]driver.Sighting, error) {
	if len(ids) > 0 {
		l.looks.made.Add(1)
		l.looks.last.Store(&ids)
	}
	return l.sampler.Look(ctx, ids)
}

func (l *looks) begin() {
	l.start = evidence{at: time.Now(), looks: l.made.Load(), samples: l.sampled.Load()}
}

func (l *looks) end() evidence {
	return evidence{
		took:    time.Since(l.start.at),
		looks:   l.made.Load() - l.start.looks,
		samples: l.sampled.Load() - l.start.samples,
	}
}

// price returns how much of its time the server takes for a look at a panel and
// a sample as large. No other caller may be active.
func (l *looks) price(t testing.TB, s store.LivenessStore, costs *meter) time.Duration {
	t.Helper()
	const often = 500
	ids := l.last.Load()
	require.NotNil(t, ids, "no monitor looked at a workspace")
	sampler, _ := store.As[driver.Sampler](s)
	costs.begin()
	for range often {
		_, err := sampler.Look(context.Background(), *ids)
		require.NoError(t, err)
		_, err = sampler.Sample(context.Background(), 0, len(*ids))
		require.NoError(t, err)
	}
	return costs.end().cpu / often
}

// core returns which part of a core the server used for the evidence.
func (e evidence) core(price time.Duration) float64 {
	return float64(max(e.looks, e.samples)) * float64(price) / float64(e.took)
}

func (e evidence) String() string {
	return fmt.Sprintf("%d looks and %d samples in %v", e.looks, e.samples, e.took.Round(100*time.Millisecond))
}

package deaths

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// A monitor observes a silence as long as it was, and another process reads that from
// the store.
//
// It fails if nothing is kept.
func TestSilencesAreObserved(t *testing.T) {
	t.Parallel()
	kit.OnAll(t, func(t testing.TB, b kit.Backend) {
		const (
			silence  = 2 * time.Second
			blur     = 60 * time.Millisecond // less than the time between two looks
			patience = 2 * time.Minute
		)
		ttls := store.TTLs{Liveness: 6 * time.Second, Heartbeat: 500 * time.Millisecond}
		s := b.Open(t, ttls)
		m, _ := kit.RunMonitor(t, s, monitor.Config{}, kit.NewBook().Handler(0))
		beat := func() (before, after time.Time) {
			before = time.Now()
			_, err := store.Heartbeat(context.Background(), s, "busy")
			require.NoError(t, err)
			return before, time.Now()
		}
		near := func(s monitor.Silences) (silence time.Duration) {
			for _, n := range s.Closest {
				silence = max(silence, n.Silence)
			}
			return silence
		}

		var least, most time.Duration
		seen := func() time.Duration { return near(m.Status().Silences) }
		for began := time.Now(); seen() < silence && time.Since(began) < patience; { // again if the machine had no time to look
			beat()
			time.Sleep(ttls.Heartbeat)
			from, by := beat()
			time.Sleep(silence)
			to, at := beat()
			least, most = to.Sub(by), at.Sub(from)
			time.Sleep(ttls.Heartbeat)
		}
		got := seen()
		t.Logf("a silence of %v to %v was observed as %v", least, most, got)
		assert.GreaterOrEqual(t, got, least-blur)
		assert.LessOrEqual(t, got, most+blur)

		other, err := monitor.New(b.Replica(t, s, ttls), monitor.Config{})
		require.NoError(t, err)
		assert.Eventually(t, func() bool {
			kept, err := other.Silences(context.Background())
			return err == nil && near(kept) == got.Truncate(time.Millisecond)
		}, patience, 100*time.Millisecond, "it is not kept")
	})
}

package advise_test

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/cmd/liveness/internal/advise"
)

const day = 24 * time.Hour

// days is how long a week is: seven with LIVENESS_FULL=1.
func days() int {
	if os.Getenv("LIVENESS_FULL") == "1" {
		return 7
	}
	return 2
}

// always stalls leaders as in the incident.
func always() (from, to time.Duration) { return time.Minute, 2 * time.Minute }

// A week with a TTL of 180 s tells how many living leaders 60 s would restart, and a
// week with 60 s restarts as many.
func TestTheAdviceIsWhatAShorterTTLThenDoes(t *testing.T) {
	const size = 20
	var given advise.Advice
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, size, 3*time.Minute, always)
		time.Sleep(time.Duration(days()) * day)
		given = advise.New(f.silences(), advise.TTLs())
		var table strings.Builder
		require.NoError(t, given.WriteTable(&table))
		t.Log("\n" + table.String())
		assert.Zero(t, f.living.Load())
	})
	require.Equal(t, time.Minute, given.Rows[0].TTL)
	advised := given.Rows[0].Living
	assert.Contains(t, given.Text, "Keep 3m0s")
	for _, r := range given.Rows[3:] {
		assert.Zero(t, r.Living, r.TTL)
	}
	for _, n := range given.Silences.Closest[:leaders] {
		assert.Contains(t, n.ID, "leader")
	}

	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, size, time.Minute, always)
		time.Sleep(time.Duration(days()) * day)
		measured := float64(f.living.Load()) / float64(days())
		t.Logf("a TTL of 60s restarts %.1f living workspaces a day, advised were %.1f; %d really died", measured, advised, f.dead.Load())
		assert.InEpsilon(t, advised, measured, 0.25)
	})
}

// Leaders get busier from day to day, and the advice says so long before the first of
// them is restarted.
func TestTheIncidentIsSeenAWeekBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		f := newFleet(t, 20, time.Minute, func() (from, to time.Duration) {
			today := time.Since(start) / day
			return heartbeat + 5*time.Second, 44*time.Second + today*20*time.Second/time.Duration(days())
		})
		for n := range days() + 2 {
			time.Sleep(day)
			given := advise.New(f.silences(), advise.TTLs())
			t.Logf("after day %d: %d living restarted so far. %s", n+1, f.living.Load(), given.Text)
			if n < days()-1 {
				assert.Zero(t, f.living.Load())
				assert.Contains(t, given.Text, "Raise the TTL from 1m0s to 1m30s")
			}
		}
		assert.Positive(t, f.living.Load(), "the incident")
	})
}

package redisstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/redisstore"
)

// Nobody sweeps while workspaces are heard from for the last time. They are more than
// one sweep detects, and each is dated as well as the first.
func TestDeathsInAGap(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const fleet = 700
	for name, more := range map[string]time.Duration{
		"shorter than a TTL after the last heartbeat": ttl - time.Minute,
		"until they die":             ttl,
		"a minute longer":            ttl + time.Minute,
		"several TTLs longer":        4 * ttl,
		"almost two TTLs altogether": ttl + 50*time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			w := watch(t, redisstore.Options{})
			for _, id := range ids(fleet) {
				require.NoError(t, w.SetOnline(ctx, id))
			}
			heard := w.now
			for range 8 {
				w.gap(time.Minute)
				heard = w.now
				for _, id := range ids(fleet) {
					require.NoError(t, w.RefreshTTL(ctx, id))
				}
			}
			w.gap(more)
			detected := w.now
			w.sweepAll()
			w.pass(ttl) // the grace, and sweeps that find who is not dead yet
			w.sweepAll()

			died, found := heard.Add(ttl), 0
			latest := died
			if before := detected.Add(-ttl); before.After(died) {
				latest = before
			}
			for d, err := range w.Deaths(ctx, 0) {
				require.NoError(t, err)
				require.WithinRange(t, d.Deadline, died.Add(-ttl), latest)
				require.Equal(t, d.Deadline, d.Since)
				found++
			}
			require.Equal(t, fleet, found)
		})
	}

	t.Run("a heartbeat in it begins a new silence", func(t *testing.T) {
		w := watch(t, redisstore.Options{})
		w.die("a")
		require.True(t, w.done(w.Withdraw(ctx, w.claim("a")[0])))
		w.gap(w.Traits().Patience(patient.Interval) + time.Second)
		require.NoError(t, w.RefreshTTL(ctx, "a"))
		w.gap(ttl)
		require.Equal(t, []string{"a"}, w.sweep().Detected)
		require.Equal(t, w.pending("a").Deadline, w.pending("a").Since)
	})
}

package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestFailoverToAnotherClock(t *testing.T) {
	const fleet, ttl, step = 20, 2 * time.Second, 5 * time.Second
	for _, ahead := range []time.Duration{step, -step} {
		t.Run(fmt.Sprintf("ahead=%v", ahead), func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			servers := redistest.StartSentinel(t, ahead)
			s := open(t, servers.URL(), redisstore.Options{TTLs: store.TTLs{Liveness: ttl}})
			var last driver.SweepResult
			sweep := func() bool {
				found, err := s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second, LastSweep: last.Now})
				if err != nil {
					require.ErrorIs(t, err, store.ErrUnavailable)
					return false
				}
				last = found
				return true
			}
			// beats sweeps and claims while all but the silent are heard from.
			beats := func(d time.Duration, silent string) (claimed []string) {
				for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
					for _, id := range ids(fleet) {
						if id != silent {
							_, err := store.Heartbeat(ctx, s, id)
							require.True(t, err == nil || errors.Is(err, store.ErrUnavailable), "%v", err)
						}
					}
					if !sweep() {
						continue
					}
					deaths, err := s.Claim(ctx, 0, driver.ClaimOptions{Max: fleet, Lease: time.Minute})
					require.NoError(t, err)
					for _, d := range deaths {
						claimed = append(claimed, d.ID)
					}
				}
				return claimed
			}
			require.Empty(t, beats(ttl+time.Second, ""))
			require.NoError(t, servers.Master.Client(t).Wait(ctx, 1, time.Second).Err())
			servers.Failover(t)
			require.Eventually(t, sweep, 10*time.Second, 10*time.Millisecond)
			require.Greater(t, last.GraceEnd.Sub(last.Now), ttl-time.Second, "a grace of one TTL")
			require.Equal(t, []string{"agent-0"}, beats(2*ttl+step+time.Second, "agent-0"))
		})
	}
}

package outages

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// A TTL is shorter than the outage: the servers are stopped, or the monitor and
// the heartbeats are where there is no server. Afterwards no living workspace
// is reported, in any of three outages, and one that died is.
//
// It fails if no gap below three seconds begins a grace.
func TestAnOutageLongerThanALife(t *testing.T) {
	t.Parallel()
	kit.OnAll(t, func(t testing.TB, b kit.Backend) {
		const (
			fleet   = 50
			outages = 3
			away    = 2500 * time.Millisecond
			tries   = 3 // the machine is given, to keep up
		)
		ttls := store.TTLs{Liveness: 2 * time.Second, Heartbeat: 330 * time.Millisecond}
		s := b.Open(t, ttls)
		other := b.Replica(t, s, ttls)
		ids := kit.Named("workspace", fleet)
		alive, reports := kit.StartPulse(t, s, ttls, ids...), kit.NewBook()
		watch := func() (*monitor.Monitor, func()) {
			return kit.RunMonitor(t, other, monitor.Config{Interval: kit.SharedInterval(ttls), Hold: kit.Unguarded}, reports.Handler(0))
		}
		m, stop := watch()
		kit.AwaitNormal(t, m)
		for n, spoilt := 0, 0; n < outages; n++ {
			before, began := len(reports.All()), time.Now()
			if len(b.Servers) == 0 {
				stop()
				alive.Mute(true)
			}
			for _, server := range b.Servers {
				server.Pause(t)
			}
			time.Sleep(away)
			for _, server := range b.Servers {
				server.Resume(t)
			}
			if len(b.Servers) == 0 {
				alive.Mute(false)
				_, stop = watch()
			}
			time.Sleep(2 * ttls.Liveness)
			wrong, overslept := len(reports.All())-before, kit.Overslept(began, time.Now())
			t.Logf("outage of %v: %d of %d living reported; the machine overslept by %v", away, wrong, fleet, overslept.Round(time.Millisecond))
			if wrong > 0 && overslept > ttls.Liveness/2 && spoilt < tries {
				n, spoilt = n-1, spoilt+1
				continue
			}
			require.Zero(t, wrong, "living workspaces reported")
		}
		before := len(reports.All())
		alive.Stop(ids[0])
		require.Eventually(t, func() bool { return len(reports.Of(ids[0])) > 0 }, 10*ttls.Liveness, 5*time.Millisecond)
		assert.Equal(t, before+1, len(reports.All()))
	})
}

// The longest Interval that a TTL allows, and an outage that nearly is a TTL.
//
// It fails if a grace begins only after three intervals.
func TestAnOutageAsLongAsALifeWithALongInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const (
			fleet = 80
			away  = 55 * time.Second
		)
		ttls := store.TTLs{Liveness: time.Minute, Heartbeat: 10 * time.Second}
		s, err := memstore.New(memstore.Options{TTLs: ttls})
		require.NoError(t, err)
		defer s.Close()
		reports := kit.NewBook()
		watch := func() (stop func()) {
			m, err := monitor.New(s, monitor.Config{Interval: ttls.Liveness / 6, Hold: kit.Unguarded})
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- m.Run(ctx, reports.Handler(0)) }()
			return func() {
				cancel()
				require.NoError(t, <-ended)
			}
		}
		ids := kit.Named("workspace", fleet)
		phase := ttls.Heartbeat / fleet
		beat := func(d time.Duration) { // each in a rhythm of its own
			for end, n := time.Now().Add(d), 0; time.Now().Before(end); n++ {
				_, err := store.Heartbeat(t.Context(), s, ids[n%fleet])
				require.NoError(t, err)
				time.Sleep(phase)
			}
		}
		stop := watch()
		beat(3 * ttls.Liveness)
		for range 5 {
			stop()
			time.Sleep(away)
			stop = watch()
			beat(3 * ttls.Liveness)
		}
		assert.Empty(t, reports.All(), "living workspaces reported")
		beat(time.Second)
		time.Sleep(ttls.Liveness + ttls.Liveness/6)
		stop()
		assert.Len(t, reports.All(), fleet)
	})
}

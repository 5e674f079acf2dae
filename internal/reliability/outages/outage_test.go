package outages

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
)

// scenario is an outage on servers of its own.
type scenario struct {
	name string
	run  func(t testing.TB)
}

// Whatever happens to Redis or to the monitors, each death is reported once and
// no living workspace is. The guard, which would hide the faults of a
// grace, has scenarios of its own. All mostly wait, so that many can run
// at once.
func TestOutages(t *testing.T) {
	t.Parallel()
	const atOnce = 7
	scenarios := append(failovers(), losses()...) // the longest first
	scenarios = append(scenarios, []scenario{
		{"nobody watches while a tenth dies", nobodyWatches},
		{"a quarter of the fleet dies at once", partOfTheFleetDies},
		{"half of the fleet is silent and returns", halfOfTheFleetReturns},
	}...)
	places := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for _, s := range scenarios {
		places <- struct{}{}
		running.Go(func() {
			t.Run(s.name, func(t *testing.T) { kit.InRealTime(t, s.run) })
			<-places
		})
	}
	running.Wait()
}

// nobodyWatches is an outage of all platform replicas: no monitor sweeps and no
// heartbeat gets through, for longer than any life lasts.
func nobodyWatches(t testing.TB) {
	const (
		members = 1000
		deaths  = 100
		ttl     = 5 * time.Second
		down    = ttl + time.Second

		floorReturns = members / 4 // all lives had ended; a return may be unseen, if its answer came too late
	)
	server := redistest.Start(t)
	f := gather(t, "redis://"+server.Addr(), ttl, members)
	w := f.watch(monitor.Config{Hold: kit.Unguarded})
	f.until(w, monitor.StateNormal)
	w.stop()
	f.away.Store(true)
	f.silence(deaths)
	time.Sleep(down)
	returns := f.returns.Load()
	f.away.Store(false)
	back := time.Now()
	f.watch(monitor.Config{Hold: kit.Unguarded})
	f.verdict(back, spare, deaths)
	require.GreaterOrEqual(t, f.returns.Load()-returns, int64(floorReturns), "the living were not forgotten")
}

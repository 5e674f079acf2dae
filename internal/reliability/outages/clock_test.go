package outages

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// The clock of the server steps, and is put right again. No living workspace is
// reported, and those that fell silent are, within one TTL of the end of their
// silence or of the grace that the step begins. A workspace that is silent, but
// not yet dead, when the clock is put back lives by so much longer: the server
// keeps its key.
//
// It fails if a time that lies further ahead than it can is waited for.
func TestTheClockOfTheServerSteps(t *testing.T) {
	t.Parallel()
	const (
		hour = time.Hour
		year = 365 * 24 * time.Hour
		ttl  = 3 * time.Second
	)
	for _, c := range []struct {
		name  string
		steps []time.Duration // one TTL apart
		in    monitor.State   // when the first step comes
	}{
		{"an hour ahead, and back", []time.Duration{hour, 0}, monitor.StateNormal},
		{"an hour back, for good", []time.Duration{-hour}, monitor.StateNormal},
		{"an hour back during a grace", []time.Duration{-hour}, monitor.StateGrace},
		{"an hour ahead during a grace, and back", []time.Duration{hour, 0}, monitor.StateGrace},
		{"an hour back during a hold", []time.Duration{-hour}, monitor.StateHold},
		{"an hour ahead during a hold, and back", []time.Duration{hour, 0}, monitor.StateHold},
		{"a year ahead, and back", []time.Duration{year, 0}, monitor.StateNormal},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			kit.InRealTime(t, func(t testing.TB) {
				const (
					fleet  = 40
					dead   = 16 // enough to begin a hold, less than half
					single = 1
				)
				ttls := store.TTLs{Liveness: ttl, Heartbeat: ttl / 6}
				server := redistest.StartAskew(t, 0)
				b := kit.OnServer(server)
				s := b.Open(t, ttls)
				ids := kit.Named("workspace", fleet)
				alive, reports := kit.StartPulse(t, s, ttls, ids...), kit.NewBook()
				m, _ := kit.RunMonitor(t, b.Open(t, ttls), monitor.Config{}, reports.Handler(0))
				until := func(state monitor.State) {
					require.Eventually(t, func() bool { return m.Status().State == state }, 10*ttl, 5*time.Millisecond, "the monitor is not in the state %s", state)
				}
				until(monitor.StateGrace)
				want := dead
				switch c.in {
				case monitor.StateNormal:
					until(monitor.StateNormal)
					want = single
				case monitor.StateGrace:
					want = single
				case monitor.StateHold:
					until(monitor.StateNormal)
					alive.Stop(ids[:dead]...)
					until(monitor.StateHold)
					require.Eventually(t, func() bool { return len(kit.Pending(t, s)) == dead }, ttl, 5*time.Millisecond, "not all are detected")
				}
				for _, ahead := range c.steps {
					server.SetClock(t, ahead)
					time.Sleep(ttl)
				}
				if want == single { // it dies when the clock is right
					time.Sleep(2 * ttls.Heartbeat)
					alive.Stop(ids[0])
				}
				right := time.Now()
				reports.Await(t, want, 12*ttl, ttl)

				calls := reports.All()
				for _, r := range calls {
					assert.False(t, alive.Lives(r.ID), "%s is reported, and alive; the longest gap between heartbeats was %v", r.ID, alive.LongestGap())
				}
				for _, id := range ids[:want] {
					assert.Len(t, reports.Of(id), 1, "reports of %s", id)
				}
				overslept := kit.Overslept(right, time.Now())
				last := calls[len(calls)-1].At.Sub(right)
				t.Logf("%d of %d reported, the last %.1f s (%.1f TTLs) after the clock was right; the machine overslept by %v; %s",
					len(calls), want, last.Seconds(), float64(last)/float64(ttl), overslept.Round(time.Millisecond), m.Status().State)
				limit := 2*ttl + time.Second // a grace, and a life that began in it
				if want == dead {
					limit = 3*ttl + time.Second // and a hold
				}
				assert.LessOrEqual(t, last, limit+overslept)
			})
		})
	}
}

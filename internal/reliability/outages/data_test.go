package outages

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
)

// deathsOfALoss is how many workspaces die in each of the losses, in four groups.
const deathsOfALoss = 12

// losses are outages in which Redis is away for longer than any life lasts, or
// loses its data, while workspaces die before, during and after it.
func losses() []scenario { return lossesOf(nil) }

// lossesOf has monitors that may be bent.
func lossesOf(bend bend) (all []scenario) {
	const (
		members  = 100
		newer    = 10 // joined when the snapshot was taken
		obsolete = 10 // in the snapshot, and wanted no more
		group    = deathsOfALoss / 4
		ttl      = 5 * time.Second
		away     = ttl + time.Second

		floorBeats   = 1_000
		floorReturns = members / 4 // most return unseen, by a heartbeat whose answer came too late
	)
	for _, c := range []struct {
		name    string
		happens func(t testing.TB, s *redistest.Server, snapshot []byte)
	}{
		{"redis is back with what it saved", func(t testing.TB, s *redistest.Server, _ []byte) {
			s.Save(t)
			s.Kill()
			time.Sleep(away)
			s.Restart(t)
		}},
		{"redis is back with nothing", func(t testing.TB, s *redistest.Server, _ []byte) {
			s.Kill()
			s.Lose(t)
			time.Sleep(away)
			s.Restart(t)
		}},
		{"redis was flushed", func(t testing.TB, s *redistest.Server, _ []byte) {
			time.Sleep(ttl / 2)
			s.Flush(t)
		}},
		{"an old snapshot was restored", func(t testing.TB, s *redistest.Server, snapshot []byte) {
			s.Kill()
			time.Sleep(away)
			s.Restore(t, snapshot)
		}},
	} {
		all = append(all, scenario{c.name, func(t testing.TB) {
			server := redistest.Start(t)
			f := gather(t, "redis://"+server.Addr(), ttl, members)
			f.bend = bend
			w := f.watch(monitor.Config{Hold: kit.Unguarded})
			f.until(w, monitor.StateGrace)
			snapshot := server.Snapshot(t)
			f.retire(obsolete)
			f.join(newer)
			f.silence(group)
			f.until(w, monitor.StateNormal)
			f.told(time.Now().Add(ttl + spare))

			f.silence(group)
			time.Sleep(f.ttls.Heartbeat)
			graces, returns, before := f.graces(), f.returns.Load(), time.Now()
			meanwhile := time.AfterFunc(ttl/3, func() { f.silence(group) })
			c.happens(t, server, snapshot)
			recovered := time.Now()
			meanwhile.Stop()
			time.Sleep(f.ttls.Heartbeat)
			f.silence(group)
			f.verdict(recovered, spare, deathsOfALoss)

			require.GreaterOrEqual(t, f.beats.Load(), int64(floorBeats), "hardly anybody was heard from")
			board.Row(t, "Redis loses data while workspaces die", board.Figures{
				Operations: int(f.beats.Load()), Faults: 1, Violations: f.wrong, FloorOperations: floorBeats, FloorFaults: 1,
			})
			require.GreaterOrEqual(t, f.returns.Load()-returns, int64(floorReturns), "the living were not forgotten")
			most := 1
			if kit.Overslept(before, time.Now()) > ttl/2 { // as long as a gap that begins a grace
				most = 2
			}
			for i, now := range f.graces() {
				require.GreaterOrEqual(t, now-graces[i], 1, "graces that monitor %d told of", i)
				require.LessOrEqual(t, now-graces[i], most, "graces that monitor %d told of", i)
			}
		}})
	}
	return all
}

// graces returns of how many graces each monitor told.
func (c *crowd) graces() (told [replicas]int) {
	for i := range told {
		told[i] = c.log.count("liveness: grace:", by(i))
	}
	return told
}

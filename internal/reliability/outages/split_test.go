package outages

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
)

// The master stops, and the sentinels promote its replica. The former master goes on, and
// both take writes until the sentinels tell it. Each death is reported once, and no living
// workspace is.
func TestASplitBrainHeals(t *testing.T) {
	t.Parallel()
	kit.InRealTime(t, splitBrain)
}

func splitBrain(t testing.TB) {
	const (
		members, group = 100, 3
		ttl            = 6 * time.Second
		floorBeats     = 500
		floorWrites    = 1 // by the former master, while there are two
	)
	s := redistest.StartSentinel(t, 0)
	f := gather(t, s.URL(), ttl, members)
	w := f.watch(monitor.Config{Interval: time.Second, Hold: kit.Unguarded})
	f.until(w, monitor.StateNormal)
	f.silence(group)
	former := s.Split(t)
	eventually(f.t, "the fleet finds no master", func() bool { return f.store.Ping(t.Context()) == nil })
	former.Resume(t)
	client, writes := former.Client(t), 0
	eventually(f.t, "the former master takes writes for too long", func() bool {
		err := client.Set(context.Background(), "a-write-that-is-lost", writes, 0).Err()
		if err == nil {
			writes++
		}
		return err != nil && strings.Contains(err.Error(), "READONLY")
	})
	s.Heal(t, former)
	healed := time.Now()
	f.silence(group)
	f.verdict(healed, ttl, 2*group)
	require.GreaterOrEqual(t, writes, floorWrites, "there were never two masters")
	board.Row(t, "a split brain that heals", board.Figures{
		Operations: int(f.beats.Load()), Faults: writes, Violations: f.wrong, FloorOperations: floorBeats, FloorFaults: floorWrites,
	})
}

// Sentinel fails over again and again, while a workspace dies each time and the master
// before comes back as a replica.
func TestSentinelFailsOverAgainAndAgain(t *testing.T) {
	t.Parallel()
	kit.InRealTime(t, func(t testing.TB) {
		const members, ttl = 100, 6 * time.Second
		failovers := 2
		if kit.Full() {
			failovers = 50
		}
		s := redistest.StartSentinel(t, 0)
		f := gather(t, s.URL(), ttl, members)
		w := f.watch(monitor.Config{Interval: time.Second, Hold: kit.Unguarded})
		f.until(w, monitor.StateNormal)
		done := 0
		for ; done < failovers; done++ {
			f.silence(1)
			former := s.Master
			s.Failover(t)
			eventually(f.t, "the fleet finds no master", func() bool { return f.store.Ping(t.Context()) == nil })
			time.Sleep(ttl / 2) // until the sentinels have settled
			former.Restart(t)
			s.Heal(t, former)
		}
		f.verdict(time.Now(), ttl, done)
		board.Row(t, "Sentinel fails over again and again", board.Figures{
			Operations: int(f.beats.Load()), Faults: done, Violations: f.wrong, FloorOperations: 10 * members, FloorFaults: failovers,
		})
	})
}

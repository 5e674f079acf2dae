package deaths

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// scale is how large a fleet is, and how fast it lives.
type scale struct {
	live, deaths   int
	heartbeat, ttl time.Duration
	interval       time.Duration // of the monitors
	judged         bool          // figures of the machine are asserted, not only told
}

// scaleHere is full size if LIVENESS_FULL is 1, which takes four minutes on
// each backend.
func scaleHere() scale {
	if kit.Full() {
		return scale{live: 100_000, deaths: 300, heartbeat: 30 * time.Second, ttl: 90 * time.Second, judged: true}
	}
	return scale{live: 2_000, deaths: 60, heartbeat: 2 * time.Second, ttl: 6 * time.Second, interval: time.Second}
}

// mostMedian is the median lateness that even a busy machine allows. A monitor
// that waits for its Interval, or for its next look at the panel, is later.
const mostMedian = 100 * time.Millisecond

// Workspaces of a living fleet fall silent at random moments. A monitor
// reports each of them once and no other, and does so soon. Seven more
// cost hardly more, and neither does the evidence that they gather.
//
// It fails if a sweep waits for the Interval and not for the next deadline.
func TestDeathsAreReportedInTime(t *testing.T) {
	size := scaleHere()
	if !size.judged {
		t.Parallel()
	}
	kit.OnEach(t, !size.judged, func(t testing.TB, b kit.Backend) {
		deathsInTime(t, b, size, func(s store.LivenessStore) store.LivenessStore { return s })
	}, kit.Memory, kit.File, kit.Redis)
}

// idle is a store that says of each sweep that nothing is due before the next.
type idle struct {
	store.LivenessStore
	driver.Reaper
}

func (i idle) Unwrap() store.LivenessStore { return i.LivenessStore }

func (i idle) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	r, err := i.Reaper.Sweep(ctx, shard, o)
	r.Next = max(r.Next, o.Interval)
	return r, err
}

func TestDeathsThatAreReportedLateAreFound(t *testing.T) {
	t.Parallel()
	size := scale{live: 500, deaths: 60, heartbeat: 4 * time.Second, ttl: 12 * time.Second, interval: 2 * time.Second}
	attempt.Found(t, "median", func(a *attempt.T) {
		deathsInTime(a, kit.InMemory(), size, func(s store.LivenessStore) store.LivenessStore {
			reaper, _ := store.As[driver.Reaper](s)
			return idle{s, reaper}
		})
	})
}

// deathsInTime tells the story on a backend, whose store may be bent.
func deathsInTime(t testing.TB, b kit.Backend, size scale, bend func(store.LivenessStore) store.LivenessStore) {
	const (
		mostLate     = 50 * time.Millisecond // p99
		mostOfOne    = 0.05                  // of a core, for the sweeps of one monitor
		mostOfEight  = 0.10                  // and of eight
		mostEvidence = 0.01                  // of a core, for the evidence of the guard
		monitorsMore = 7
		patience     = 5 // TTLs after which a death is missed
	)
	ttls := store.TTLs{Liveness: size.ttl, Heartbeat: size.heartbeat}
	s := bend(b.Open(t, ttls))
	ids := kit.Named("workspace", size.live)
	kit.SetOnline(t, s, ids)
	f := startFleet(t, ids, size.heartbeat, refreshing(s))
	costs := newMeter(t, b, f)

	costs.begin()
	time.Sleep(size.heartbeat)
	alone := costs.end()
	alone.requireOneCommandEach(t)

	reports, looks := kit.NewBook(), new(looks)
	stalled := longestStall()
	config := monitor.Config{Interval: size.interval}
	kit.RunMonitor(t, looks.at(s), config, reports.Handler(1))
	time.Sleep(size.ttl / 10) // the deaths come after the grace
	f.silence(size.deaths, size.ttl)
	costs.begin()
	looks.begin()
	time.Sleep(size.ttl)
	reports.Await(t, size.deaths, patience*size.ttl, time.Second)
	one, seenByOne := costs.end(), looks.end()

	v, stall := judge(reports, f.silent, size.ttl), stalled()
	t.Logf("%d live, heartbeat %v, TTL %v, %d deaths: %v; longest stall of the machine %v",
		size.live, size.heartbeat, size.ttl, len(f.silent), v, stall.Round(100*time.Microsecond))
	v.require(t)
	require.Len(t, v.lateness, size.deaths)
	assert.LessOrEqual(t, v.late(50), mostMedian+stall, "median")
	if size.judged {
		assert.LessOrEqual(t, v.late(99), mostLate+stall, "p99")
	}
	board.Row(t, "deaths in real time", board.Figures{
		Operations: size.live, Faults: len(v.lateness), FloorOperations: size.live, FloorFaults: size.deaths,
	})
	if b.Server == nil {
		return
	}

	for n := range monitorsMore {
		kit.RunMonitor(t, looks.at(b.Open(t, ttls)), config, reports.Handler(2+n))
	}
	costs.begin()
	looks.begin()
	time.Sleep(size.heartbeat)
	eight, seenByEight := costs.end(), looks.end()
	judge(reports, f.silent, size.ttl).require(t)
	t.Logf("%d heartbeats alone: %d commands; server: %v", alone.beats, alone.commands(), alone)
	t.Logf("sweeps of 1 monitor: %.1f %% of a core, of 8: %.1f %%: with them %v, %v",
		100*(one.core()-alone.core()), 100*(eight.core()-alone.core()), one, eight)

	f.end()
	price := looks.price(t, s, costs)
	evidenceOfOne, evidenceOfEight := seenByOne.core(price), seenByEight.core(price)
	t.Logf("a look at the panel: %v of the server; evidence of 1 monitor: %.3f %% of a core (%v), of 8: %.3f %% (%v)",
		price.Round(time.Microsecond), 100*evidenceOfOne, seenByOne, 100*evidenceOfEight, seenByEight)
	require.Positive(t, seenByOne.looks, "the guard is on")
	assert.LessOrEqual(t, evidenceOfOne, mostEvidence, "of a core, for the evidence of 1 monitor")
	assert.LessOrEqual(t, evidenceOfEight, mostEvidence, "of a core, for the evidence of 8 monitors")
	if size.judged {
		assert.LessOrEqual(t, one.core()-alone.core(), mostOfOne, "of a core, with 1 monitor")
		assert.LessOrEqual(t, eight.core()-alone.core(), mostOfEight, "of a core, with 8 monitors")
	}
}

// longestStall returns what tells by how much the machine woke a sleeper late in
// the meantime: nothing can be reported sooner than that.
func longestStall() (end func() time.Duration) {
	stop, longest := make(chan struct{}), make(chan time.Duration)
	go func() {
		worst := time.Duration(0)
		for {
			const nap = time.Millisecond
			asleep := time.Now()
			select {
			case <-stop:
				longest <- worst
				return
			case <-time.After(nap):
				worst = max(worst, time.Since(asleep)-nap)
			}
		}
	}()
	return func() time.Duration {
		close(stop)
		return <-longest
	}
}

// refreshing returns how workspaces are heard from that never go offline.
func refreshing(s store.LivenessStore) func(context.Context, []string) error {
	return func(ctx context.Context, ids []string) error {
		online, err := store.RefreshMany(ctx, s, ids)
		if err == nil && slices.Contains(online, false) {
			err = fmt.Errorf("%w: %s", store.ErrNotFound, ids[slices.Index(online, false)])
		}
		return err
	}
}

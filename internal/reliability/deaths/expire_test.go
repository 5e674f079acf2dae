package deaths

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// A third of the fleet is silent, and held back by the guard. Two replicas see at
// once that other workspaces are dead, and a handler sees that yet another one is:
// each is handled once, at once.
//
// It fails if a death by Expire waits for the guard, or a second Expire makes
// another death.
func TestExpiredWorkspacesAreHandledOnce(t *testing.T) {
	t.Parallel()
	kit.OnAll(t, func(t testing.TB, b kit.Backend) {
		const (
			deaths   = 50
			patience = 20 * time.Second
		)
		ttls := store.TTLs{Liveness: 5 * time.Second, Heartbeat: 800 * time.Millisecond}
		s := b.Open(t, ttls)
		other := b.Replica(t, s, ttls)
		parents, children, others := kit.Named("parent", deaths), kit.Named("child", deaths), kit.Named("other", deaths)
		alive := kit.StartPulse(t, s, ttls, append(append(parents, children...), others...)...)
		handled, wrong := kit.NewBook(), &kit.Errors{}
		config := monitor.Config{Interval: kit.SharedInterval(ttls), Hold: monitor.Hold{Partial: time.Hour, Most: time.Hour}}
		var monitors []*monitor.Monitor
		for n, s := range []store.LivenessStore{s, other} {
			enter := handled.Handler(n)
			m, _ := kit.RunMonitor(t, s, config, func(ctx context.Context, d monitor.Death) error {
				if n, isParent := strings.CutPrefix(d.ID, "parent"); isParent {
					alive.Stop("child" + n)
					wrong.Add(store.Expire(ctx, s, "child"+n))
				}
				return enter(ctx, d)
			})
			kit.AwaitNormal(t, m)
			monitors = append(monitors, m)
		}
		alive.Stop(others...)
		for _, m := range monitors {
			require.Eventually(t, func() bool { return m.Status().State == monitor.StateHold }, patience, 10*time.Millisecond, "no hold")
		}
		require.Empty(t, handled.All(), "handled though alive, or during a hold")
		alive.Stop(parents...)
		began := time.Now()
		var calls sync.WaitGroup
		for _, s := range []store.LivenessStore{s, other} {
			for _, id := range parents {
				calls.Go(func() { wrong.Add(store.Expire(context.Background(), s, id)) })
			}
		}
		calls.Wait()
		handled.Await(t, 2*deaths, patience, 0)
		for _, id := range append(parents, children...) { // a late replica sees them dead, too
			wrong.Add(store.Expire(t.Context(), other, id))
		}
		time.Sleep(2 * time.Second)

		all := handled.All()
		last := all[len(all)-1].At
		assert.Less(t, last.Sub(began), ttls.Liveness/2+kit.Overslept(began, last), "the last handler began late")
		t.Logf("%d deaths by two replicas at once and %d by handlers: %d handlers, the last after %v",
			deaths, deaths, len(all), last.Sub(began).Round(time.Millisecond))
		require.NoError(t, wrong.Joined())
		for _, id := range append(parents, children...) {
			assert.Len(t, handled.Of(id), 1, "handlers of %s", id)
		}
		for _, c := range all {
			assert.True(t, c.Expired)
		}
		assert.Len(t, all, 2*deaths)
	})
}

// Workspaces are expired in the moment in which they are heard from, by two
// replicas. Afterwards each is either online and has no death, or has exactly
// one, which is handled once.
//
// It fails if Expire detects a death in a step after the one that ends the life.
func TestExpireAgainstHeartbeats(t *testing.T) { // it leaves no room for other tests
	kit.OnAll(t, func(t testing.TB, b kit.Backend) {
		const (
			races    = 400
			pause    = time.Millisecond // between the heartbeats of one workspace
			patience = 2 * time.Minute

			floorEach = races / 100 // that end either way, or they did not race
		)
		// Nothing falls silent by itself before the races are judged.
		ttls := store.TTLs{Liveness: 15 * time.Second, Heartbeat: 2 * time.Second}
		s := b.Open(t, ttls)
		other := b.Replica(t, s, ttls)
		ids := kit.Named("workspace", races)
		kit.SetOnline(t, s, ids)
		began := time.Now()
		errs := make([]error, 2*races)
		var calls sync.WaitGroup
		for i, id := range ids {
			var expired atomic.Bool
			expire := func() {
				errs[2*i] = store.Expire(context.Background(), s, id)
				expired.Store(true)
			}
			beat := func() {
				for again := true; again && errs[2*i+1] == nil; {
					_, errs[2*i+1] = store.Heartbeat(context.Background(), other, id)
					if again = i%2 == 0 && !expired.Load(); again {
						time.Sleep(pause)
					}
				}
			}
			first, second := expire, beat
			if i%4 == 3 { // either comes first, however busy the machine is
				first, second = beat, expire
			}
			calls.Go(first)
			calls.Go(second)
		}
		calls.Wait()
		require.NoError(t, errors.Join(errs...))

		deaths := make(map[string]int)
		for _, d := range kit.Pending(t, s) {
			deaths[d.ID]++
		}
		online, dead := 0, 0
		is := make(map[string]bool)
		for _, id := range ids {
			var err error
			is[id], err = other.IsOnline(t.Context(), id)
			require.NoError(t, err)
		}
		if took := time.Since(began); took > ttls.Liveness {
			t.Fatalf("the machine did not keep up: the races took %v, longer than a TTL", took)
		}
		for _, id := range ids {
			want := 1
			if is[id] {
				online++
				want = 0
			} else {
				dead++
			}
			assert.Equal(t, want, deaths[id], "deaths of %s, online: %v", id, is[id])
		}
		t.Logf("%d races: %d online, %d with one death", races, online, dead)
		assert.GreaterOrEqual(t, online, floorEach, "online")
		assert.GreaterOrEqual(t, dead, floorEach, "dead")

		handled := kit.NewBook()
		for n, s := range []store.LivenessStore{s, other} {
			kit.RunMonitor(t, s, monitor.Config{Interval: kit.SharedInterval(ttls), Hold: kit.Unguarded}, handled.Handler(n))
		}
		handled.Await(t, races, patience, time.Second) // the others fall silent
		for _, id := range ids {
			assert.Len(t, handled.Of(id), 1, "handlers of %s", id)
		}
	})
}

// A replica is killed right after Expire has returned: a survivor handles the
// deaths, once each.
//
// It fails if boltstore answers Expire before the death is in the file.
func TestAnExpiredWorkspaceOutlivesTheReplica(t *testing.T) {
	t.Parallel()
	kit.OnAll(t, func(t testing.TB, b kit.Backend) {
		const (
			deaths   = 10
			patience = 20 * time.Second
		)
		ttls := store.TTLs{Liveness: 4 * time.Second, Heartbeat: 600 * time.Millisecond}
		s := b.Open(t, ttls)
		ids, living := kit.Named("dead", deaths), kit.Named("living", deaths)
		alive := kit.StartPulse(t, s, ttls, append(ids, living...)...)
		first := newLine(b.Replica(t, s, ttls))
		m, _ := kit.RunMonitor(t, first, monitor.Config{Interval: kit.SharedInterval(ttls), DryRun: true}, nil)
		kit.AwaitNormal(t, m)
		alive.Stop(ids...)
		for _, id := range ids {
			require.NoError(t, store.Expire(t.Context(), first.LivenessStore, id))
		}
		first.kill()
		survivor := b.Survivor(t, s, ttls)
		kit.StartPulse(t, survivor, ttls, living...)

		handled := kit.NewBook()
		kit.RunMonitor(t, survivor, monitor.Config{Interval: kit.SharedInterval(ttls)}, handled.Handler(1))
		handled.Await(t, deaths, patience, time.Second)
		for _, id := range ids {
			calls := handled.Of(id)
			require.Len(t, calls, 1, "handlers of %s", id)
			assert.True(t, calls[0].Expired)
		}
		assert.Len(t, handled.All(), deaths, "handlers")
	})
}

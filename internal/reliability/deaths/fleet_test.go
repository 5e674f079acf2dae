package deaths

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
)

// fleet is workspaces that are heard from once per heartbeat, in batches that
// are spread evenly over it, until they fall silent.
type fleet struct {
	t         testing.TB
	ids       []string
	heartbeat time.Duration
	refresh   func(ctx context.Context, ids []string) error
	stop      chan struct{}
	busy      sync.WaitGroup

	mu     sync.Mutex // held while the fleet is heard from
	beats  int        // heartbeats answered
	silent map[string]last
}

// last is the last heartbeat of a workspace. Its deadline lies between sent
// and answered, and one TTL later: the lateness that is counted from sent is
// too high by at most the difference.
type last struct{ sent, answered time.Time }

// startFleet has the workspaces heard from, by calls of refresh, until the
// fleet is stopped.
func startFleet(t testing.TB, ids []string, heartbeat time.Duration, refresh func(context.Context, []string) error) *fleet {
	f := &fleet{t: t, ids: ids, heartbeat: heartbeat, refresh: refresh,
		stop: make(chan struct{}), silent: make(map[string]last)}
	f.busy.Go(f.live)
	t.Cleanup(f.end)
	return f
}

// end stops the fleet. A second call does nothing.
func (f *fleet) end() {
	f.mu.Lock()
	select {
	case <-f.stop:
	default:
		close(f.stop)
	}
	f.mu.Unlock()
	f.busy.Wait()
}

func (f *fleet) live() {
	const batch = 100
	batches := slices.Collect(slices.Chunk(f.ids, batch))
	for start, n := time.Now(), 0; ; n++ {
		due := start.Add(f.heartbeat * time.Duration(n) / time.Duration(len(batches)))
		if !f.sleep(due) {
			return
		}
		if late := time.Since(due); late > f.heartbeat {
			kit.TooLate(f.t, "the heartbeats are %v late", late)
		}
		f.beat(batches[n%len(batches)])
	}
}

// sleep reports false if the fleet was stopped before that time.
func (f *fleet) sleep(until time.Time) bool {
	select {
	case <-f.stop:
		return false
	case <-time.After(time.Until(until)):
		return true
	}
}

// beat has those of the ids heard from that are not silent.
func (f *fleet) beat(ids []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.heard(slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		_, silent := f.silent[id]
		return silent
	}))
}

// heard refreshes the ids. The fleet is locked.
func (f *fleet) heard(ids []string) {
	if err := f.refresh(context.Background(), ids); err != nil {
		f.t.Errorf("a heartbeat of living workspaces: %v", err)
	}
	f.beats += len(ids)
}

// silence lets some of the workspaces, any of them, fall silent, each after a
// last heartbeat at a random moment within the given time. It returns at the
// end of that.
func (f *fleet) silence(deaths int, within time.Duration) {
	moments := make([]time.Duration, deaths)
	for i := range moments {
		moments[i] = rand.N(within)
	}
	slices.Sort(moments)
	start := time.Now()
	for i, victim := range rand.Perm(len(f.ids))[:deaths] {
		if !f.sleep(start.Add(moments[i])) {
			return
		}
		f.fallSilent(f.ids[victim])
	}
	f.sleep(start.Add(within))
}

func (f *fleet) fallSilent(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sent := time.Now()
	f.heard([]string{id})
	f.silent[id] = last{sent, time.Now()}
}

// held calls do while no workspace is heard from, with the number of heartbeats so far.
func (f *fleet) held(do func(beats int)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do(f.beats)
}

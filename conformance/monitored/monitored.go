// Package monitored checks a backend under the real monitor: monitors that share its
// data hand out the deaths of a small fleet while calls of the store are refused, lost,
// late or hang, and while monitors are killed. It complements package conformance, which
// checks each method of a store by itself.
//
//	monitored.go   Run, and the clock of a story
//	stories.go     the stories, each with the guarantees of package monitor that it defends
//	world.go       a fleet, its monitors, and what may not happen
//	wire.go        the way from one monitor to the store, with faults
package monitored

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Run tells each story of a store of h, in a subtest of its own. With h.Join the monitors
// of a story have stores of their own over the same data. With h.Advance the clock of the
// backend keeps step with the machine's, and one story is told, in which it jumps ahead;
// the others are told where h.Advance is nil. Where time is real a story takes 10 to 30 s,
// most of it asleep, and is told again, more slowly, if the machine did not keep up. The
// store has to have driver.Reaper. Of h the fields New, Join, Bubble, Advance and Grain
// are used.
func Run(t *testing.T, h conformance.Harness) {
	t.Helper()
	if h.New == nil {
		t.Fatal("monitored: Harness.New is nil, want a function that returns an empty store")
	}
	if h.Bubble && h.Advance != nil {
		t.Fatal("monitored: Harness.Bubble and Harness.Advance are both set, want one clock")
	}
	c := newClock(h)
	t.Cleanup(c.stop)
	told := stories()
	if h.Advance != nil {
		told = []story{jumps}
	}
	wrong := make([][]string, len(told))
	if !h.Bubble { // they sleep most of their time
		var all sync.WaitGroup
		for i, s := range told {
			all.Go(func() { wrong[i] = s.check(t, h, c) })
			time.Sleep(10 * time.Millisecond)
		}
		all.Wait()
	}
	for i, s := range told {
		t.Run(s.name, func(t *testing.T) {
			if h.Bubble {
				wrong[i] = s.check(t, h, c)
			}
			for _, text := range wrong[i] {
				t.Errorf("%s\n%s", text, s.defends)
			}
		})
	}
}

// check tells the story until the machine keeps up with it, and returns what was wrong.
func (s story) check(t *testing.T, h conformance.Harness, c *clock) (wrong []string) {
	const attempts = 4
	for n := range attempts {
		stalled := false
		if tell := func(t *testing.T) { wrong, stalled = s.tell(t, h, c, n) }; h.Bubble {
			synctest.Test(t, tell)
		} else {
			tell(t)
		}
		if !stalled {
			return wrong
		}
		t.Logf("the machine did not keep up with attempt %d: %s", n+1, s.name)
	}
	return []string{fmt.Sprintf("the machine was too slow to judge the backend in any of %d attempts", attempts)}
}

// tell tells the story once.
func (s story) tell(t *testing.T, h conformance.Harness, c *clock, attempt int) (wrong []string, stalled bool) {
	w := &world{t: t, ctx: t.Context(), clock: c, exact: h.Bubble, ttl: store.DefaultLivenessTTL, lives: map[string]*life{}}
	if !h.Bubble {
		w.ttl = (5*time.Second + 10*h.Grain) << attempt
	}
	w.grain = h.Grain
	if !h.Bubble {
		w.grain = max(w.grain, w.ttl/20)
	}
	w.beat, w.lease, w.interval = w.ttl/6, w.ttl/3, w.ttl/90
	c.opening.Lock()
	first := h.New(t, store.TTLs{Liveness: w.ttl, Heartbeat: w.beat})
	c.opening.Unlock()
	if _, ok := store.As[driver.Reaper](first); !ok {
		_ = first.Close()
		t.Fatal("monitored: the store has no driver.Reaper, want one: a monitor needs nothing else")
	}
	w.stores = []store.LivenessStore{first}
	if h.Join != nil {
		c.opening.Lock()
		w.stores = append(w.stores, h.Join(t, first))
		c.opening.Unlock()
	}
	defer w.end()
	w.begin()
	s.acts(w)
	return w.verdict()
}

// clock has the clock of a backend that has one of its own keep step with the machine's.
type clock struct {
	opening sync.Mutex // the harness is asked for one store at a time

	mu      sync.Mutex
	advance func(time.Duration)
	last    time.Time
	done    chan struct{}
	ended   sync.WaitGroup
}

func newClock(h conformance.Harness) *clock {
	c := &clock{advance: h.Advance, last: time.Now(), done: make(chan struct{})}
	if h.Advance != nil {
		c.ended.Go(func() {
			for range ticks(5*time.Millisecond, c.done) {
				c.jump(0)
			}
		})
	}
	return c
}

// jump moves the clock to the time of the machine, and by d beyond it.
func (c *clock) jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.advance(now.Sub(c.last) + d)
	c.last = now
}

func (c *clock) stop() { close(c.done); c.ended.Wait() }

// ticks yields how long the last wait for d took, until done is closed.
func ticks(d time.Duration, done <-chan struct{}) func(yield func(time.Duration) bool) {
	return func(yield func(time.Duration) bool) {
		t := time.NewTicker(d)
		defer t.Stop()
		for last := time.Now(); ; {
			select {
			case <-done:
				return
			case <-t.C:
			}
			took := time.Since(last)
			last = last.Add(took)
			if !yield(took) {
				return
			}
		}
	}
}

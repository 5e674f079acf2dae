// Package monitored checks a backend under the real monitor. Monitors that share its data
// hand out the deaths of a small fleet, while calls of the store fail in every way and
// monitors are killed. Package conformance, above, checks each method by itself.
//
// Start with stories.go.
//
//	monitored.go  Run, and the attempts at a story
//	stories.go    the stories, each with the guarantee of package monitor that it defends
//	world.go      the stores, the monitors and the time of one story
//	life.go       the heartbeats of a workspace, and until when it is surely online
//	reports.go    for which deaths a handler was called, and how often
//	host.go       a process with a monitor
//	wire.go       the path from a monitor to the store, with faults, and a check of each Begin
//	clock.go      the clock of a backend that has one of its own
package monitored

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/store"
)

// Run puts a store of h through each story, in a subtest of its own. The store must have
// driver.Reaper. Of h the fields New, Join, Bubble, Advance and Grain are used.
//
// With h.Join each monitor of a story has a store of its own over the same data. If
// h.Advance is set, Run tells one story only, in which the clock of the backend jumps ahead.
// Call Run again without Advance for the others.
//
// Where time is real a story takes 10 to 30 s, most of it asleep. If the machine did not
// keep up the story is told again, more slowly.
func Run(t *testing.T, h conformance.Harness) {
	t.Helper()
	if err := h.Validate(); err != nil {
		t.Fatalf("monitored: %v", err)
	}
	r := &run{Harness: h, clock: newClock(h.Advance)}
	t.Cleanup(r.clock.stop)
	told := stories()
	if h.Advance != nil {
		told = []story{clockJumps()}
	}
	attempts := make([]*attempt.T, len(told))
	if !h.Bubble { // they sleep most of their time
		var all sync.WaitGroup
		for i, s := range told {
			all.Go(func() { attempts[i] = s.judge(t, r) })
			time.Sleep(10 * time.Millisecond)
		}
		all.Wait()
	}
	ended := 0
	for i, s := range told {
		t.Run(s.name, func(t *testing.T) {
			if h.Bubble {
				attempts[i] = s.judge(t, r)
			}
			switch a := attempts[i]; {
			case a.Failed():
				t.Errorf("%s\n%s", a.Reason(), s.defends)
			case a.Skipped():
				t.Skip(a.Reason())
			}
			ended++
		})
	}
	t.Logf("monitored: %d of %d stories were told", ended, len(told))
}

// run is the state that the stories of one run share.
type run struct {
	conformance.Harness
	opening sync.Mutex // the harness is asked for one store at a time
	clock   *clock
}

// ask asks the harness for a store.
func (r *run) ask(open func() store.LivenessStore) store.LivenessStore {
	r.opening.Lock()
	defer r.opening.Unlock()
	return open()
}

// judge returns the first attempt at the story with which the machine kept up.
func (s story) judge(t *testing.T, r *run) (a *attempt.T) {
	const attempts = 4
	for n := range attempts {
		tell := func(t *testing.T) {
			a = attempt.Make(t.Context(), t, s.name, func(a *attempt.T) {
				w := newWorld(a, r, n)
				defer w.end()
				s.acts(w)
				if w.stalled() {
					a.GiveUp()
				}
			})
		}
		if r.Bubble {
			synctest.Test(t, tell)
		} else {
			tell(t)
		}
		if !a.GivenUp() {
			return a
		}
		t.Logf("the machine did not keep up with attempt %d at %q", n+1, s.name)
	}
	return attempt.Make(t.Context(), t, s.name, func(a *attempt.T) {
		a.Fatalf("the machine was too slow to judge the backend in any of %d attempts", attempts)
	})
}

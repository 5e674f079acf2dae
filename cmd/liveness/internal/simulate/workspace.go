package simulate

import (
	"context"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// workspace is one member of the fleet.
type workspace struct {
	plan
	mu sync.Mutex
	state
}

// state is what has happened to a workspace so far.
type state struct {
	heard  int // heartbeats that the store has acknowledged
	stalls int
	due    time.Duration // of what comes next, a heartbeat or the death
	sent   time.Duration // when the last acknowledged heartbeat was sent
	late   bool          // a heartbeat came later than tolerated
	dead   bool
	died   time.Duration
}

func newFleet(c Config, run string) []*workspace {
	var fleet []*workspace
	for _, p := range newPlans(c, run) {
		fleet = append(fleet, &workspace{plan: p, state: state{due: p.phase}})
	}
	return fleet
}

func ids(fleet []*workspace) []string {
	ids := make([]string, len(fleet))
	for i, w := range fleet {
		ids[i] = w.id
	}
	return ids
}

// live sends the heartbeats until the workspace dies or ctx is done.
func (w *workspace) live(ctx context.Context, s store.LivenessStore, p pace) error {
	for at, held := range w.beats() {
		w.update(func(st *state) { st.due = at })
		if !p.sleepUntil(ctx, at) {
			return nil
		}
		sent := p.now()
		if _, err := store.Heartbeat(ctx, s, w.id); err != nil {
			return err
		}
		w.update(func(st *state) { st.beat(sent, held, p.now()-at) })
	}
	w.update(func(st *state) { st.due = w.death })
	if p.sleepUntil(ctx, w.death) {
		w.update(func(st *state) { st.dead, st.died = true, p.now() })
	}
	return nil
}

func (w *workspace) update(change func(*state)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.state)
}

func (w *workspace) soFar() state {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state
}

func (st *state) beat(sent time.Duration, held bool, late time.Duration) {
	st.heard++
	st.sent = sent
	if held {
		st.stalls++
	}
	if late > tolerance {
		st.late = true
	}
}

// leftOut reports whether the workspace says more about the machine or the
// store's speed than about liveness: a heartbeat was late, or is at the end.
func (st *state) leftOut(end time.Duration) bool {
	return st.late || !st.dead && end-st.due > tolerance
}

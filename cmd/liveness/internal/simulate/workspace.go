package simulate

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// workspace is one member of the fleet.
type workspace struct {
	plan
	restarted chan struct{}
	mu        sync.Mutex
	state
}

// state is the history of a workspace so far.
type state struct {
	heard   int // heartbeats that the store has acknowledged
	refused int // heartbeats that did not get through to the store
	stalls  int
	due     time.Duration // of what comes next, a heartbeat or the death
	sent    time.Duration // when the last acknowledged heartbeat was sent
	late    bool          // a heartbeat came later than tolerated
	dead    bool          // and not restarted yet
	died    time.Duration

	reported bool          // its death was
	after    time.Duration // the death, when the report came
	past     time.Duration // the deadline, likewise
	deadline time.Time     // of the last report, by the clock of the store
	again    int           // reports of a silence that was reported before
	restarts int           // that should not have been: it was alive
}

func newFleet(c Config, run string, announce bool) []*workspace {
	var fleet []*workspace
	for _, p := range newPlans(c, run, announce) {
		fleet = append(fleet, &workspace{
			plan:      p,
			restarted: make(chan struct{}, 1),
			state:     state{due: p.phase},
		})
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

// live sends the heartbeats until ctx is done. A workspace that has died is
// silent until it is restarted; one that is restarted is silent while it boots.
func (w *workspace) live(ctx context.Context, s store.LivenessStore, p pace) error {
	const never = math.MaxInt64
	var started time.Duration
	death := w.death
	next := w.next(-1, started)
	for {
		dies := 0 < death && death <= next.at
		if dies {
			next.at = death
		}
		w.update(func(st *state) { st.due = next.at })
		select {
		case <-ctx.Done():
			return nil
		case <-w.restarted:
			if next.held {
				w.update(func(st *state) { st.stalls++ })
			}
			started = p.now() + boot
			next = beat{at: started}
			continue
		case <-p.at(next.at):
		}
		if dies {
			w.update(func(st *state) { st.dead, st.died = true, p.now() })
			death, next = 0, beat{at: never}
			continue
		}
		if err := w.send(ctx, s, p, next); err != nil {
			return err
		}
		next = w.next(next.at, started)
	}
}

// send sends a heartbeat.
func (w *workspace) send(ctx context.Context, s store.LivenessStore, p pace, b beat) error {
	sent := p.now()
	var err error
	if b.announces {
		_, err = store.HeartbeatFor(ctx, s, w.id, (stallMax+heartbeat)/p.speed)
	} else {
		_, err = store.Heartbeat(ctx, s, w.id)
	}
	refused := errors.Is(err, errRefused)
	if err != nil && !refused {
		return err
	}
	w.update(func(st *state) {
		if b.held {
			st.stalls++
		}
		if p.now()-b.at > tolerance {
			st.late = true
		}
		if refused {
			st.refused++
			return
		}
		st.heard++
		st.sent = sent
	})
	return nil
}

// restart restarts the workspace because it was reported dead. One silence has
// one deadline, by which a second report of it is recognised.
func (w *workspace) restart(d driver.Death, now, ttl time.Duration) {
	w.update(func(st *state) {
		switch {
		case d.Deadline.Equal(st.deadline):
			st.again++
		case st.dead:
			st.reported = true
			st.after, st.past = now-st.died, now-(st.sent+ttl)
		default:
			st.restarts++
		}
		st.dead, st.deadline = false, d.Deadline
	})
	select {
	case w.restarted <- struct{}{}:
	default: // it is about to be restarted already
	}
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

// leftOut reports whether the workspace says more about the machine or the
// store's speed than about liveness: a heartbeat was late, or is at the end.
func (st *state) leftOut(end time.Duration) bool {
	return st.late || !st.dead && end-st.due > tolerance
}

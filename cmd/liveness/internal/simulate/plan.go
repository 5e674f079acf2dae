package simulate

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"time"
)

const (
	stallMin, stallMax = 60 * time.Second, 120 * time.Second

	// quietMin and quietMax bound the time between two stalls of one leader.
	quietMin, quietMax = 5 * time.Minute, 15 * time.Minute

	// firstDeath is early enough for a short run; lastDeath before its end
	// leaves the longest TTL and a minute for the death to be seen.
	firstDeath, lastDeath = 2 * time.Minute, 4 * time.Minute
)

// plan is what one workspace is going to do.
type plan struct {
	id     string
	leader bool
	phase  time.Duration // of its heartbeats
	stalls []span
	death  time.Duration // 0: it stays alive
}

type span struct{ from, to time.Duration }

// newPlans plans the fleet. The same seed gives the same plans, but for the
// run's name in the ids.
func newPlans(c Config, run string) []plan {
	r := rand.New(rand.NewPCG(c.Seed, 0))
	plans := make([]plan, c.Workspaces)
	for i := range plans {
		p := &plans[i]
		p.phase = between(r, 0, heartbeat)
		switch {
		case i < c.Leaders:
			p.id = fmt.Sprintf("simulate-%s-leader-%d", run, i+1)
			p.leader = true
			p.stalls = newStalls(r, c.Duration)
		case i < c.Leaders+c.Deaths:
			p.id = fmt.Sprintf("simulate-%s-mortal-%d", run, i+1)
			p.death = between(r, firstDeath, c.Duration-lastDeath)
		default:
			p.id = fmt.Sprintf("simulate-%s-worker-%d", run, i+1)
		}
	}
	return plans
}

func newStalls(r *rand.Rand, until time.Duration) []span {
	var stalls []span
	from := between(r, heartbeat, quietMax)
	for {
		to := from + between(r, stallMin, stallMax)
		if to > until {
			return stalls
		}
		stalls = append(stalls, span{from, to})
		from = to + between(r, quietMin, quietMax)
	}
}

func between(r *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(r.Int64N(int64(high-low)))
}

// beats yields the times of the heartbeats until the death, and whether a
// stall held that heartbeat back. A stalled workspace sends one heartbeat at
// the end of the stall, whatever it missed, and then goes on in its phase.
func (p plan) beats() iter.Seq2[time.Duration, bool] {
	return func(yield func(time.Duration, bool) bool) {
		stalls := p.stalls
		for tick := p.phase; p.death == 0 || tick < p.death; {
			for len(stalls) > 0 && stalls[0].to <= tick {
				stalls = stalls[1:]
			}
			at, held := tick, false
			if len(stalls) > 0 && stalls[0].from <= tick {
				at, held = stalls[0].to, true
			}
			if !yield(at, held) {
				return
			}
			for tick <= at {
				tick += heartbeat
			}
		}
	}
}

package simulate

import (
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	stallMin, stallMax = 60 * time.Second, 120 * time.Second

	// quietMin and quietMax bound the time between two stalls of one leader.
	quietMin, quietMax = 5 * time.Minute, 15 * time.Minute

	// calm is for how long there are no stalls and no deaths at first: the
	// monitors begin with a grace, which ends before.
	calm = 4 * time.Minute

	// lastDeath before the end leaves the longest TTL and a minute for the
	// death to be reported.
	lastDeath = 4 * time.Minute
)

// plan is what one workspace is going to do if it is not restarted.
type plan struct {
	id     string
	leader bool
	phase  time.Duration // of its heartbeats
	stalls []span
	death  time.Duration // 0: it stays alive

	announces bool // its stalls, before they begin
}

// newPlans plans the fleet. The same seed gives the same plans, but for the
// run's name in the ids.
func newPlans(c Config, run string, announce bool) []plan {
	r := rand.New(rand.NewPCG(c.Seed, 0))
	plans := make([]plan, c.Workspaces)
	for i := range plans {
		p := &plans[i]
		p.phase = between(r, 0, heartbeat)
		switch {
		case i < c.Leaders:
			p.id = fmt.Sprintf("simulate-%s-leader-%d", run, i+1)
			p.leader = true
			p.stalls, p.announces = newStalls(r, c.Duration), announce
		case i < c.Leaders+c.Deaths:
			p.id = fmt.Sprintf("simulate-%s-mortal-%d", run, i+1)
			p.death = between(r, calm, c.Duration-lastDeath)
		default:
			p.id = fmt.Sprintf("simulate-%s-worker-%d", run, i+1)
		}
	}
	return plans
}

func newStalls(r *rand.Rand, until time.Duration) []span {
	var stalls []span
	from := between(r, calm, quietMax)
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

// beat is a heartbeat that a workspace is going to send.
type beat struct {
	at        time.Duration
	held      bool // a stall held it back
	announces bool // a stall begins with it, and it says for how long at most
}

// next returns the first heartbeat after the given time. A stalled workspace
// sends one heartbeat at the end of the stall, whatever it missed, and then goes
// on in its phase; if it announces stalls, it sends one more at their beginning.
// A stall ends for good when the workspace is started anew.
func (p plan) next(after, started time.Duration) beat {
	at := p.phase
	if after >= at {
		at += (after-at)/heartbeat*heartbeat + heartbeat
	}
	for _, s := range p.stalls {
		if started > s.from || !s.contains(at) {
			continue
		}
		if p.announces && after < s.from {
			return beat{at: s.from, announces: true}
		}
		return beat{at: s.to, held: true}
	}
	return beat{at: at}
}

// span is the time from one moment to another, without the latter.
type span struct{ from, to time.Duration }

func (s span) contains(t time.Duration) bool { return s.from <= t && t < s.to }

// within returns how much of the span lies between two moments.
func (s span) within(from, to time.Duration) time.Duration {
	return max(0, min(s.to, to)-max(s.from, from))
}

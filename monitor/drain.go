package monitor

import (
	"context"
	"math"
	"time"
)

// try returns how many of the wanted deaths a slow start hands out, and counts
// them. It begins with a few, and adds one for each that came back. While fewer
// came back than it began with, it tries as many again after 2 and 6 TTLs. From
// the tenth TTL on it adds a part of the fleet per TTL, so that each death has its turn.
func (g *guard) try(ctx context.Context, wanted int) (allowed int, err error) {
	g.tries.Lock() // one shard after the other: none sees what another is about to claim
	defer g.tries.Unlock()
	f, now := g.m.fleet(), g.m.now()
	err = g.m.change(ctx, func(s *shared) bool {
		part := slowStart * float64(s.Fleet)
		start := int(min(max(1, part), slowest))
		back := 0
		if s.Returned != unknownReturned {
			back = int(max(0, f.returned-s.Returned))
		}
		under := f.recent + f.leased + g.tries.pledged // a death is leased before it is recent
		if allowed = start + back - under; back < start {
			const patient = 10 // TTLs
			ttls := max(0, float64(now.Sub(s.Spent))/float64(g.m.traits.Liveness()))
			tries := start * (1 + int(math.Log2(1+ttls/2)))
			if ttls > patient {
				tries += int((ttls - patient) * max(1, part))
			}
			allowed = tries - s.Tried
		}
		allowed = max(0, min(allowed, wanted))
		s.Tried += allowed
		return allowed > 0
	})
	if err != nil {
		return 0, err
	}
	g.tries.pledged += allowed
	return allowed, nil
}

// reserve returns how many of the wanted deaths may be claimed by the verdict, and
// counts them, for every shard of this monitor.
func (g *guard) reserve(ctx context.Context, v verdict, wanted int) (int, error) {
	switch {
	case v.slow:
		return g.try(ctx, wanted)
	case v.gradually:
		return g.fill(wanted), nil
	}
	return min(v.most, wanted), nil
}

// fill adds the tokens of the time since it was last called to the bucket of the
// drain, and takes up to wanted.
func (g *guard) fill(wanted int) int {
	f, unit := g.m.fleet(), g.m.traits.Heartbeat()/30
	rate := max(1, drained*float64(f.online+f.fresh))
	b := &g.bucket
	b.Lock()
	defer b.Unlock()
	units := min(1, float64(time.Since(b.filled))/float64(unit))
	b.tokens, b.filled = min(rate, b.tokens+rate*units), time.Now()
	taken := min(wanted, int(b.tokens))
	b.tokens -= float64(taken)
	return taken
}

// settle ends a reservation after so many deaths were claimed, and gives back the
// rest.
func (g *guard) settle(ctx context.Context, v verdict, reserved, claimed int) {
	left := reserved - claimed
	switch {
	case v.slow:
		g.tries.Lock()
		defer g.tries.Unlock()
		g.tries.pledged -= reserved
		_ = g.m.change(ctx, func(s *shared) bool { // if that fails the start is slower
			s.Tried -= min(left, s.Tried)
			return left > 0
		})
	case v.gradually:
		g.bucket.Lock()
		defer g.bucket.Unlock()
		g.bucket.tokens += float64(left)
	}
}

package monitor

import (
	"context"
	"math"
	"sync"
	"time"
)

const (
	// recoveryShare is the part of the fleet that is handed out per beatSecond after
	// a hold.
	recoveryShare = 0.02

	// A slow start begins with slowStartShare of the fleet, at most slowStartMost
	// workspaces.
	slowStartShare = 0.02
	slowStartMost  = 8
)

// slowStart counts, for all shards, what a slow start has allowed.
type slowStart struct {
	sync.Mutex
	pledged int // deaths that are not claimed yet
}

// bucket is the token bucket of the recovery after a hold, for all shards.
type bucket struct {
	sync.Mutex
	tokens float64   // deaths that may be handed out
	filled time.Time // when tokens were last added
}

// admit returns how many of the wanted deaths may be claimed by the verdict, and
// counts them, for every shard of this monitor.
func (g *guard) admit(ctx context.Context, v verdict, wanted int) (int, error) {
	switch {
	case v.slow:
		return g.startSlowly(ctx, wanted)
	case v.recovering:
		return g.takeTokens(wanted), nil
	}
	return min(v.most, wanted), nil
}

// startSlowly returns how many of the wanted deaths a slow start hands out, and counts
// them. It begins with a few, and adds one for each that came back. While fewer
// came back than it began with, it tries as many again after 2 and 6 TTLs. From
// the tenth TTL on it adds a part of the fleet per TTL, so that each death has its turn.
func (g *guard) startSlowly(ctx context.Context, wanted int) (allowed int, err error) {
	g.slowStart.Lock() // one shard after the other: none sees what another is about to claim
	defer g.slowStart.Unlock()
	f, now := g.m.fleet(), g.m.now()
	err = g.m.change(ctx, func(s *shared) bool {
		part := slowStartShare * float64(s.Fleet)
		start := int(min(max(1, part), slowStartMost))
		back := 0
		if s.Returned != unknownReturned {
			back = int(max(0, f.returned-s.Returned))
		}
		underway := f.recent + f.leased + g.slowStart.pledged // a death is leased before it is recent
		if allowed = start + back - underway; back < start {
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
	g.slowStart.pledged += allowed
	return allowed, nil
}

// takeTokens fills the bucket with the tokens of the time since the last call, and
// takes up to wanted.
func (g *guard) takeTokens(wanted int) int {
	f := g.m.fleet()
	rate := max(1, recoveryShare*float64(f.online+f.fresh))
	b := &g.bucket
	b.Lock()
	defer b.Unlock()
	passed := min(1, float64(time.Since(b.filled))/float64(g.m.beatSecond()))
	b.tokens, b.filled = min(rate, b.tokens+rate*passed), time.Now()
	taken := min(wanted, int(b.tokens))
	b.tokens -= float64(taken)
	return taken
}

// settle gives back those of the admitted deaths that were not claimed.
func (g *guard) settle(ctx context.Context, v verdict, admitted, claimed int) {
	left := admitted - claimed
	switch {
	case v.slow:
		g.slowStart.Lock()
		defer g.slowStart.Unlock()
		g.slowStart.pledged -= admitted
		_ = g.m.change(ctx, func(s *shared) bool { // if that fails the start is slower
			s.Tried -= min(left, s.Tried)
			return left > 0
		})
	case v.recovering:
		g.bucket.Lock()
		defer g.bucket.Unlock()
		g.bucket.tokens += float64(left)
	}
}

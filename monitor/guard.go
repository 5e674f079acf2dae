package monitor

import (
	"context"
	"math"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// looksPerBeat is how often the panel is looked at per heartbeat, so that two heartbeats of
// one workspace do not fall between two looks.
const looksPerBeat = 6

// guard weighs the evidence before a death is handed out. To judge is to gather the
// evidence, to agree with the other monitors on what follows from it, and to decide.
type guard struct {
	m     *Monitor
	panel panel

	gathering   chan struct{} // has an item while the evidence is gathered
	gatherBegan time.Time     // when that was begun, by the clock of this machine
	gatheredAt  time.Time     // and done
	atLook      fleet         // the counts of the moment at which the panel was looked at
	diedInLook  int           // so many are dead in them that may have vanished in the look

	slowStart slowStart
	bucket    bucket
}

// verdict bounds the deaths that may be handed out now.
type verdict struct {
	paused     bool
	most       int           // so many deaths; those by Expire do not count
	slow       bool          // by the tries of a slow start
	recovering bool          // by the tokens of the bucket
	before     time.Time     // with a deadline not later than that; zero: any
	again      time.Duration // until the next verdict
}

// beatSecond is a second at a heartbeat of 30 s, and as much less or more at another.
func (m *Monitor) beatSecond() time.Duration { return m.traits.Heartbeat() / 30 }

// freshness is how old counts and evidence may be when deaths are handed out.
func (g *guard) freshness() time.Duration { return min(time.Second, g.m.beatSecond()) }

// callTimeout bounds each call that the guard makes to a shard. Of several shards
// one that does not answer by then counts as unanswering until it is swept again,
// so that it delays the deaths of the others once.
func (m *Monitor) callTimeout() time.Duration {
	if len(m.shards) == 1 {
		return m.config.Lease / 3
	}
	return time.Second
}

// judge returns the verdict of this moment on the deaths of a shard. The counts,
// the panel and the shared state are read again unless they are that young. It is
// an error if there is no evidence: a silence that no monitor could look at is not
// judged.
func (g *guard) judge(ctx context.Context, s *shard) (verdict, error) {
	asked := time.Now()
	select {
	case g.gathering <- struct{}{}:
		defer func() { <-g.gathering }()
	case <-ctx.Done():
		return verdict{}, ctx.Err()
	}
	news := time.Since(g.gatheredAt) >= g.freshness() && g.gatherBegan.Before(asked)
	if news {
		g.gatherBegan = time.Now()
		g.m.recount(ctx, g.freshness())
		g.gather(ctx)
	}
	if !g.off() && !g.panel.sees(s) {
		return verdict{}, driver.Errorf("monitor", "", store.ErrUnavailable, "the evidence cannot be had")
	}
	if news || g.holdBegins() {
		if err := g.agree(ctx); err != nil {
			return verdict{}, err
		}
	}
	return g.decide(), nil
}

// holdBegins reports whether a death is ready while there is evidence that was
// gathered before.
func (g *guard) holdBegins() bool {
	a, f := g.m.agreed(), g.m.fleet()
	return (g.evidence().strong || g.recentEvidence(a, f)) && a.Hold.IsZero() && f.fresh > 0
}

// watch has the monitor that leads gather the evidence several times per heartbeat,
// whether or not a death is ready: to learn how many heartbeats are lost, to observe
// silences and to end a hold in time. The home shard waits for it.
func (g *guard) watch(ctx context.Context, home *shard) {
	home.waitForGuard(true)
	defer home.waitForGuard(false)
	select {
	case g.gathering <- struct{}{}:
		defer func() { <-g.gathering }()
	default:
		return // another shard gathers it
	}
	if time.Since(g.gatheredAt) < g.m.traits.Heartbeat()/looksPerBeat {
		return
	}
	if f, a := g.m.fleet(), g.m.agreed(); f.ready > 0 || !a.Hold.IsZero() {
		g.m.recount(ctx, g.freshness())
	}
	g.gather(ctx)
	_ = g.agree(ctx) // the next sweep tells that the store does not answer
}

// gather looks at the panel and reads the shared state.
func (g *guard) gather(ctx context.Context) {
	if !g.m.leads() {
		_ = g.m.refresh(ctx) // then another shard is home
	}
	before := g.m.fleet()
	if !g.off() {
		g.panel.look(ctx, g.m)
	}
	g.gatheredAt, g.atLook = time.Now(), g.m.fleet()
	g.diedInLook = max(0, g.atLook.fresh-before.fresh)
}

// agree updates the shared state from the evidence and the counts.
func (g *guard) agree(ctx context.Context) error {
	f, now := g.m.fleet(), g.m.now()
	_, ahead := g.m.latest.seen().until(now)
	var learnt counts
	var from time.Time // of the next silences
	err := g.m.change(ctx, func(s *shared) bool {
		before := *s
		learnt, from = g.panel.learnLoss(s, g.m, now), g.panel.writeSilences(s, g.m, now)
		g.updateHold(s, f, now)
		return *s != before || ahead
	})
	if err == nil {
		g.panel.takeBack(learnt)
		if !from.IsZero() {
			g.panel.restartLedger(from)
		}
	}
	return err
}

// decide returns the verdict by the shared state.
func (g *guard) decide() verdict {
	a, f, now := g.m.agreed(), g.m.fleet(), g.m.now()
	v := verdict{most: math.MaxInt, again: g.m.config.Interval}
	switch {
	case a.paused(now):
		return verdict{paused: true, again: g.m.config.Interval}
	case g.off():
		return v
	case a.holds():
		v.most = 0
	case a.startsSlowly():
		v.slow = true
	case a.Recovering:
		v.recovering = true
	}
	v.again = min(v.again, g.m.beatSecond())
	v.before = unexplainedBefore(a, f, now, g.m.traits.Liveness())
	return v
}

// permits reports whether a death that is claimed already may be handed out
// without a word of a Probe.
func (g *guard) permits(ctx context.Context, l *lease) bool {
	if l.Expired {
		return true
	}
	v, err := g.judge(ctx, l.shard)
	if err != nil || v.paused || !v.before.IsZero() && l.Deadline.After(v.before) {
		return false
	}
	n, err := g.admit(ctx, v, 1)
	g.settle(ctx, v, n, n)
	return n == 1 && err == nil
}

// watched reports whether the evidence is of an unbroken time, where there is a panel.
func (g *guard) watched() bool { return g.off() || g.panel.isWatched() }

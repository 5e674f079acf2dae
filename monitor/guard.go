package monitor

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// The constants of the rule that the package comment states, each named after
// its purpose.
const (
	// defaultShare lets 3 of 10, and 10 % of a large fleet, be restarted at
	// once, and protects a part of a fifth.
	defaultShare = 0.12

	// confidence is that of the lower bound, in standard deviations: 95 %.
	confidence = 1.96

	// most of a fleet: if so large a part is silent, the path is the likelier
	// cause than the workspaces, and a hold is long.
	mostOfTheFleet = 0.5

	// drained is the part of the fleet that is handed out per second, at a
	// heartbeat of 30 s, after the evidence has ended.
	drained = 0.02

	// slowStart is the part of the fleet, and slowest the number of
	// workspaces, that a slow start begins with.
	slowStart = 0.02
	slowest   = 8

	// mistakes is how many living workspaces of a fleet may be handed out, by
	// expectation, at one look, because of lost heartbeats.
	mistakes = 1e-6
)

// looks is how often the panel is looked at per heartbeat, so that no heartbeat
// falls unseen between two of another.
const looks = 6

// guard weighs the evidence before a death is handed out.
type guard struct {
	m     *Monitor
	panel panel

	turn   chan struct{} // has an item while the evidence is gathered
	began  time.Time     // when that was begun, by the clock of this machine
	judged time.Time     // and done
	seen   fleet         // the counts of the moment at which the panel was looked at
	died   int           // so many are dead in them that may have vanished in the look

	tries struct {
		sync.Mutex
		pledged int // deaths that a slow start allowed, and that are not claimed yet
	}
	bucket struct {
		sync.Mutex
		tokens float64   // deaths that the drain allows
		filled time.Time // when tokens were last added
	}
}

// verdict bounds the deaths that may be handed out now.
type verdict struct {
	paused    bool
	most      int       // so many deaths; those by Expire do not count
	slow      bool      // by the tries of a slow start
	gradually bool      // by the drain
	before    time.Time // with a deadline not later than that; zero: any
	again     time.Duration
}

// fleet is the counts of all shards that answer.
type fleet struct {
	online, ready, fresh, leased, delayed, recent int

	returned, dropped int64
	oldest, graceEnd  time.Time
	blind             bool // some shard does not answer, or was not swept for too long
}

func (m *Monitor) fleet() (f fleet) {
	for _, s := range m.shards {
		s.mu.Lock()
		r, answers, late := s.last, s.answers, s.isLate()
		s.mu.Unlock()
		f.blind = f.blind || late
		f.dropped += r.Dropped
		f.returned += r.Returned
		if !answers {
			f.blind = true
			continue
		}
		f.online += r.Online
		f.ready += r.Ready
		f.fresh += r.Fresh
		f.leased += r.Leased
		f.delayed += r.Delayed
		f.recent += r.Recent
		if f.oldest.IsZero() || !r.OldestReady.IsZero() && r.OldestReady.Before(f.oldest) {
			f.oldest = r.OldestReady
		}
		if r.GraceEnd.After(f.graceEnd) {
			f.graceEnd = r.GraceEnd
		}
	}
	return f
}

// moment is how old counts and evidence may be when deaths are handed out.
func (g *guard) moment() time.Duration { return min(time.Second, g.m.traits.Heartbeat()/30) }

// patience bounds each call that the guard makes to a shard. Of several shards
// one that does not answer by then counts as unanswering until it is swept again,
// so that it delays the deaths of the others once.
func (m *Monitor) patience() time.Duration {
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
	case g.turn <- struct{}{}:
		defer func() { <-g.turn }()
	case <-ctx.Done():
		return verdict{}, ctx.Err()
	}
	news := time.Since(g.judged) >= g.moment() && g.began.Before(asked)
	if news {
		g.began = time.Now()
		g.m.recount(ctx, g.moment())
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
	_, _, bad := g.evidence()
	a, f := g.m.agreed(), g.m.fleet()
	return (bad || g.lately(a, f)) && a.Hold.IsZero() && f.fresh > 0
}

// calm is how long a panel that is watched must show no evidence until each workspace
// may be expected to have been heard from.
func (g *guard) calm() time.Duration { return g.m.traits.Heartbeat() * 6 / 5 }

// lately reports whether there was evidence and no calm since, so that the deaths are
// likely to come of it. That is so if no monitor watched, or if most of the fleet was
// silent and few of those died. A sample that told of a smaller part may have been wrong.
func (g *guard) lately(s shared, f fleet) bool {
	most := float64(s.Silent) >= mostOfTheFleet*float64(f.online+f.fresh)
	return !g.off() && s.Alarm && (!g.panel.isWatched() || most && 4*f.fresh < s.Silent)
}

// lookAfter is for the home shard of the monitor that leads. It asks the owner, and
// looks at the panel several times per heartbeat, to learn how many of these are
// lost and to end a hold in time.
func (m *Monitor) lookAfter(ctx context.Context, home *shard) {
	home.wait(true)
	defer home.wait(false)
	g := &m.guard
	select {
	case g.turn <- struct{}{}:
		if time.Since(g.judged) >= m.traits.Heartbeat()/looks {
			if f, a := m.fleet(), m.agreed(); f.ready > 0 || !a.Hold.IsZero() {
				m.recount(ctx, g.moment())
			}
			g.gather(ctx)
			_ = g.agree(ctx) // the next sweep tells that the store does not answer
		}
		<-g.turn
	default: // another shard gathers it
	}
	m.noticeAgreed()
	m.owner.lookAfter(ctx)
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
	g.judged, g.seen = time.Now(), g.m.fleet()
	g.died = max(0, g.seen.fresh-before.fresh)
}

// agree updates the shared state from the evidence and the counts.
func (g *guard) agree(ctx context.Context) error {
	f, now := g.m.fleet(), g.m.now()
	var learnt counts
	var from time.Time // of the next silences
	err := g.m.change(ctx, func(s *shared) bool {
		before := *s
		learnt, from = g.panel.learn(s, g.m, now), g.panel.keep(s, g.m, now)
		g.weigh(s, f, now)
		return *s != before || g.m.agreedAhead()
	})
	if err == nil {
		g.panel.forget(learnt)
		if !from.IsZero() {
			g.panel.kept(from)
		}
	}
	return err
}

// weigh brings the hold up to date with the evidence.
func (g *guard) weigh(s *shared, f fleet, now time.Time) {
	ttl, heartbeat, hold := g.m.traits.Liveness(), g.m.traits.Heartbeat(), g.m.config.Hold
	part, silent, bad := g.evidence()
	unknown := s.Alarm && !g.panel.isWatched() // the evidence may have ended a moment ago
	switch {
	case (bad || unknown) && now.Sub(s.Evidence) > heartbeat/10:
		if s.Evidence, s.Alarm = now, true; bad && s.Hold.IsZero() {
			s.Silent = silent
		}
	case now.Sub(s.Evidence) > g.calm():
		s.Alarm = false
	}
	if s.Hold.IsZero() && f.fresh > 0 && (bad || g.lately(*s, f)) { // those that die of it die also after it
		s.Hold, s.Peak, s.Spent, s.Slow, s.Drain = now, 0, time.Time{}, false, true
		s.Reason = "many were silent a moment ago"
		if bad {
			s.Reason, s.Silent = fmt.Sprintf("%d of %d are silent", silent, f.online+f.fresh), silent
		}
	}
	if !s.Hold.IsZero() {
		if part > s.Peak+0.01 {
			if s.Peak < mostOfTheFleet && part >= mostOfTheFleet && !s.Spent.IsZero() {
				s.Hold, s.Spent = now, time.Time{} // most of the fleet followed the part
			}
			s.Peak = part
		}
		switch {
		case (part >= mostOfTheFleet || unknown) && now.Sub(s.Blocked) > heartbeat/10:
			s.Blocked = now
		case s.Slow && now.Sub(s.Blocked) > g.calm():
			s.Slow, s.Peak = false, part // most of the fleet is heard from again
		}
		longest := hold.longest(s.Peak)
		switch {
		case !s.Alarm:
			s.Hold, s.Spent, s.Slow = time.Time{}, time.Time{}, false
			s.Reason = "heartbeats arrive again"
		case s.Spent.IsZero() && now.Sub(s.Hold) > longest:
			s.Spent, s.Slow, s.Fleet = now, s.Peak >= mostOfTheFleet, f.online+f.fresh
			s.Returned, s.Tried = unknownReturned, 0
			s.Reason = fmt.Sprintf("no heartbeats for %v", longest.Round(ttl/100))
		}
	}
	if s.Slow && s.Returned == unknownReturned && !f.blind {
		s.Returned = f.returned
	}
	if s.Hold.IsZero() && f.ready == 0 && f.leased == 0 {
		s.Drain, s.Reason = false, ""
	}
}

// evidence returns which part of the fleet is silent, how many workspaces that
// is, and whether it is so large that heartbeats do not arrive. The silent are
// sampled, and the deaths that were never handed out are counted. Both are of the
// moment of the last look, or a workspace that died since would count twice.
func (g *guard) evidence() (part float64, silent int, bad bool) {
	f, share := g.seen, g.m.config.Hold.Share
	seen, quiet, gone := g.panel.silent()
	if seen == 0 {
		f = g.m.fleet()
	}
	size, dead := float64(f.online+f.fresh), float64(f.fresh)
	if size == 0 {
		return 0, 0, false
	}
	twice := min(gone, float64(g.died)*seen/size)
	seen, quiet, gone = seen-twice, quiet-twice, gone-twice
	part, of := dead/size, size
	none := f.online == 0
	if seen > 0 {
		part = (dead + float64(f.online)*quiet/seen) / size
		of = min(size, seen+dead)
		none = none || gone == seen
	}
	if none {
		part = 1
	}
	k := part * of
	bad = k >= 2 && lowerBound(k, of) > share || none && f.fresh >= 2
	return part, int(math.Round(part * size)), bad && !g.off()
}

// off reports whether deaths are handed out whatever the evidence.
func (g *guard) off() bool { return g.m.config.Hold.Share == 1 }

// decide returns the verdict by the shared state.
func (g *guard) decide() verdict {
	a, f, now := g.m.agreed(), g.m.fleet(), g.m.now()
	heartbeat := g.m.traits.Heartbeat()
	v := verdict{most: math.MaxInt, again: g.m.config.Interval}
	switch {
	case a.paused(now):
		return verdict{paused: true, again: g.m.config.Interval}
	case g.off():
		return v
	case a.holds():
		v.most = 0
	case a.Drain && a.Slow:
		v.slow = true
	case a.Drain:
		v.gradually = true
	}
	v.again = min(v.again, heartbeat/30)
	v.before = suspectedBefore(a, f, now, g.m.traits.Liveness())
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
	n, err := g.reserve(ctx, v, 1)
	g.settle(ctx, v, n, n)
	return n == 1 && err == nil
}

// lowerBound is the lower end of the Wilson score interval of k of n.
func lowerBound(k, n float64) float64 {
	const z = confidence
	if n == 0 {
		return 0
	}
	p := k / n
	return (p + z*z/(2*n) - z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))) / (1 + z*z/n)
}

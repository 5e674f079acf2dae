package monitor

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

const (
	// sampled is how many workspaces a panel has over a server: enough to tell
	// a share of 12 % from one of half.
	sampled = 64

	// everybody is how many it has where looking costs no I/O, so that small
	// fleets are counted and not estimated.
	everybody = 10_000
)

// panel is the workspaces that a monitor watches to learn whether heartbeats
// arrive. A member stays when it dies and leaves when its death is handed out
// or it is forgotten.
type panel struct {
	mu      sync.Mutex
	members map[string]*member
	unseen  map[int]bool // shards that did not answer since they were last looked at
	looked  time.Time    // by the clock of the store
	watched bool         // the last two looks were so close that no two heartbeats were missed
	intervals

	counts // of heartbeats since those in the shared state, fading
	faded  time.Time

	ledger ledger
	turned time.Time // when members last left because their turn was over
}

// member is one workspace of a panel. Times are by the clock of the store.
type member struct {
	shard    int
	state    driver.State
	heard    time.Time // when it was last heard from
	deadline time.Time
	blur     time.Duration // by how much the deadline may be wrong
	since    time.Time     // when it joined
	beats    []time.Time
	missed   time.Time // when a silence of missed heartbeats last ended
	silence  silence   // for the ledger
}

// look looks at the members in every shard that answers and fills free places.
// The guard calls it in one goroutine at a time.
func (p *panel) look(ctx context.Context, m *Monitor) {
	if m.sampler == nil {
		return
	}
	p.begin(m)
	var looks sync.WaitGroup
	for n, free := range p.places(m) {
		ids := p.in(n)
		if free > 0 || len(ids) > 0 {
			looks.Go(func() { p.lookIn(ctx, m.shards[n], ids, free) })
		}
	}
	looks.Wait()
	online := m.fleet().online
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.members) > 0 || online == 0 && len(p.unseen) == 0 {
		p.looked = m.now()
	}
}

// isWatched reports whether no two heartbeats of a member fell between the last two looks.
func (p *panel) isWatched() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.watched
}

// lookIn looks at the members in one shard, and at up to free workspaces more.
func (p *panel) lookIn(ctx context.Context, s *shard, ids []string, free int) {
	ctx, cancel := context.WithTimeout(ctx, s.m.patience())
	defer cancel()
	var more []string
	var err error
	if free > 0 {
		more, err = s.m.sampler.Sample(ctx, s.n, free+len(ids))
	}
	var seen []driver.Sighting
	began := time.Now()
	if err == nil {
		ids = p.with(ids, more, free)
		seen, err = s.m.sampler.Look(ctx, ids)
	}
	if err != nil {
		s.silent()
		p.lose(s.n)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.unseen, s.n)
	c := s.m.clock()
	now, blur := c.now(), c.blur+time.Since(began)
	for i, id := range ids {
		if seen[i].State == driver.Unknown {
			if x := p.members[id]; x != nil && !x.silence.deadline.After(now) {
				p.ledger.died(s.m, x, now) // by another monitor
			}
			delete(p.members, id)
			continue
		}
		if p.members[id] == nil {
			p.members[id] = &member{shard: s.n}
		}
		p.sight(s.m, p.members[id], id, seen[i], now, blur)
		p.ledger.sight(s.m, p.members[id], id, seen[i], now, blur)
	}
}

// begin begins a look: shards that do not answer are lost to it.
func (p *panel) begin(m *Monitor) {
	p.mu.Lock()
	if p.members == nil {
		p.members, p.unseen = make(map[string]*member), make(map[int]bool)
	}
	now := m.now()
	p.watched = now.Sub(p.looked) <= m.traits.Heartbeat()/2
	p.ledger.look(m, p.looked, now, p.watched)
	p.intervals.learn(m)
	p.turn(m, now)
	p.mu.Unlock()
	for n, s := range m.shards {
		if !s.answering() {
			p.lose(n)
		}
	}
}

// places returns how many workspaces of each shard may join, so that each shard has its
// part of the panel. If one has clearly less or more than its part, members leave where
// there are too many. The places of a shard that does not answer stay free until it
// does.
func (p *panel) places(m *Monitor) []int {
	size := sampled
	if m.traits.Local {
		size = everybody
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	have, living := make([]int, len(m.shards)), size // places that the dead leave
	for _, x := range p.members {
		if x.state == driver.Dead {
			living--
		} else {
			have[x.shard]++
		}
	}
	online, all := m.onlineByShard()
	part := min(1, float64(living)/float64(max(1, all)))
	fair, uneven := make([]int, len(m.shards)), false
	for n := range m.shards {
		fair[n] = int(math.Round(part * float64(online[n])))
		uneven = uneven || 4*max(have[n]-fair[n], fair[n]-have[n]) > fair[n]+4
	}
	if uneven {
		for n := range m.shards {
			if have[n] > fair[n] {
				p.thin(n, have[n]-fair[n])
			}
		}
	}
	places, free := make([]int, len(m.shards)), size-len(p.members)
	for _, n := range rand.Perm(len(m.shards)) {
		places[n] = max(0, min(free, fair[n]-have[n]))
		free -= places[n]
	}
	for n := range p.unseen {
		places[n] = max(1, places[n])
		if !m.shards[n].answering() {
			places[n] = 0
		}
	}
	return places
}

// thin removes so many members in a shard, but none that is dead. The panel is
// locked.
func (p *panel) thin(shard, most int) {
	for id, x := range p.members {
		if most > 0 && x.shard == shard && x.state != driver.Dead {
			delete(p.members, id)
			most--
		}
	}
}

// onlineByShard returns how many workspaces are online in each shard and in all. A
// shard that was never swept counts as those that were do on average.
func (m *Monitor) onlineByShard() (online []int, all int) {
	online = make([]int, len(m.shards))
	var unknown []int
	for n, s := range m.shards {
		r := s.lastSweep()
		if r.Now.IsZero() {
			unknown = append(unknown, n)
		}
		online[n] = r.Online
		all += r.Online
	}
	mean := all / max(1, len(m.shards)-len(unknown))
	for _, n := range unknown {
		online[n] = mean
	}
	return online, all + mean*len(unknown)
}

// in returns the members in a shard.
func (p *panel) in(shard int) (ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, x := range p.members {
		if x.shard == shard {
			ids = append(ids, id)
		}
	}
	return ids
}

// with returns ids and up to free of the others that are no members.
func (p *panel) with(ids, others []string, free int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range others {
		if p.members[id] == nil && free > 0 {
			ids = append(ids, id)
			free--
		}
	}
	return ids
}

// lose removes the members in a shard that does not answer: the others are a
// sample of the fleet as good as before.
func (p *panel) lose(shard int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unseen[shard] = true
	for id, x := range p.members {
		if x.shard == shard {
			delete(p.members, id)
		}
	}
}

// sees reports whether the last look could see a shard, and a workspace there if one
// is online.
func (p *panel) sees(s *shard) bool {
	online := s.lastSweep().Online
	p.mu.Lock()
	defer p.mu.Unlock()
	return s.m.sampler == nil || !p.unseen[s.n] && (len(p.members) > 0 || online == 0)
}

// sight takes in a sighting of a member. A deadline that has moved means that the
// member was heard from.
func (p *panel) sight(m *Monitor, x *member, id string, seen driver.Sighting, now time.Time, blur time.Duration) {
	x.state = seen.State
	if seen.State != driver.Online {
		return
	}
	deadline := now.Add(seen.Remaining)
	heard := deadline.Add(-m.ttl(id))
	switch {
	case x.since.IsZero():
		x.since, x.heard, x.deadline, x.blur = now, earlier(heard, now), deadline, blur
		return
	case heard.After(now): // it has announced a longer silence
		x.heard, x.deadline, x.blur = now, deadline, blur
		return
	case deadline.Sub(x.deadline).Abs() < m.traits.Heartbeat()/4+x.blur+blur:
		return // it was not heard from, or the answers came too late to tell
	case heard.Before(p.looked): // by a TTL that the store does not know
		heard = now
	}
	if p.watched && heard.After(x.heard) {
		if p.gap(heard.Sub(x.heard)) {
			x.missed = heard
		}
	}
	x.heard, x.deadline, x.blur = heard, deadline, blur
	const kept = 8 // more than the last three intervals have
	if len(x.beats) == kept {
		x.beats = append(x.beats[:0], x.beats[kept/2:]...)
	}
	x.beats = append(x.beats, heard)
}

// gap takes in a silence that has ended by itself, and reports whether
// heartbeats were missed in it.
func (p *panel) gap(gap time.Duration) bool {
	if p.note(gap); !p.known {
		return false // how often workspaces are heard from is not known yet
	}
	missed := max(0, math.Round(float64(gap)/float64(p.beat))-1)
	p.got++
	p.missed += missed
	return missed > 0
}

// drop removes a workspace whose death is handed out: its silence does not end by
// itself.
func (p *panel) drop(m *Monitor, d Death) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x := p.members[d.ID]; x != nil && !d.Expired {
		p.ledger.died(m, x, m.now())
	}
	delete(p.members, d.ID)
}

// silent returns how many members are tracked as online, how many of these are
// silent, and how many of the silent have vanished without being detected.
func (p *panel) silent() (seen, silent, vanished float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.members {
		switch {
		case x.state == driver.Vanished:
			seen, silent, vanished = seen+1, silent+1, vanished+1
		case x.state == driver.Online && 2*p.looked.Sub(x.heard) > 5*p.beat:
			seen, silent = seen+1, silent+1
		case x.state == driver.Online:
			seen++
		}
	}
	return seen, silent, vanished
}

// enoughGaps is how many gaps tell how often workspaces are heard from.
const enoughGaps = 5

// intervals learns how often workspaces are heard from, where that is less
// often than the store was told.
type intervals struct {
	recent []time.Duration // the last gaps between heartbeats
	beat   time.Duration   // the interval
	known  bool            // it is more than an assumption
}

func (i *intervals) note(gap time.Duration) {
	const most = 256
	if len(i.recent) == most {
		i.recent = append(i.recent[:0], i.recent[most/2:]...)
	}
	i.recent = append(i.recent, gap)
}

// learn sets the interval. It is the gap that a fifth of the gaps do not exceed, because
// lost heartbeats lengthen the others, and no less than the heartbeat of the store.
// Before enough gaps are known it is that of the monitors before.
func (i *intervals) learn(m *Monitor) {
	least, before := m.traits.Heartbeat(), m.agreed().Beat
	i.known = len(i.recent) >= enoughGaps || before > 0
	i.beat = max(least, before)
	if len(i.recent) >= enoughGaps {
		sorted := slices.Sorted(slices.Values(i.recent))
		i.beat = max(least, min(sorted[len(sorted)/5], m.traits.Liveness()*2/3))
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

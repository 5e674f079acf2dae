package monitor

import (
	"context"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

const (
	// sampleSize is how many workspaces a panel has over a server: enough to tell
	// a share of 12 % from one of half.
	sampleSize = 64

	// localSize is how many it has where looking costs no I/O, so that small
	// fleets are counted and not estimated.
	localSize = 10_000
)

// panel is the workspaces that a monitor watches to learn whether heartbeats
// arrive. A member stays when it dies and leaves when its death is handed out
// or it is forgotten.
type panel struct {
	mu         sync.Mutex
	members    map[string]*member
	lostShards map[int]bool // shards that did not answer since they were last looked at
	looked     time.Time    // by the clock of the store
	watched    bool         // the last two looks were at most half a heartbeat apart, so that no two heartbeats of a member fell between them
	intervals

	counts // of heartbeats since those in the shared state, fading
	faded  time.Time

	ledger    ledger
	rotatedAt time.Time // when members last left to make place for others
}

// member is one workspace of a panel. Times are by the clock of the store.
type member struct {
	shard    int
	state    driver.State
	heard    time.Time // when it was last heard from
	deadline time.Time
	blur     time.Duration // by how much the deadline may be wrong
	since    time.Time     // when it joined
	beats    []time.Time   // when it was heard from, of late
	missed   time.Time     // when a silence of missed heartbeats last ended
	silence  silence       // for the ledger
}

// look looks at the members in every shard that answers and fills free places.
// The guard calls it in one goroutine at a time.
func (p *panel) look(ctx context.Context, m *Monitor) {
	p.begin(m)
	var looks sync.WaitGroup
	for n, free := range p.places(m) {
		if m.sampler == nil {
			break
		}
		ids := p.membersIn(n)
		if free > 0 || len(ids) > 0 {
			looks.Go(func() { p.lookIn(ctx, m.shards[n], ids, free) })
		}
	}
	looks.Wait()
	online := m.fleet().online
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.members) > 0 || len(p.lostShards) == 0 && (online == 0 || m.sampler == nil) {
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
	ctx, cancel := context.WithTimeout(ctx, s.m.callTimeout())
	defer cancel()
	var more []string
	var err error
	if free > 0 {
		more, err = s.m.sampler.Sample(ctx, s.n, free+len(ids))
	}
	var seen []driver.Sighting
	began := time.Now()
	if err == nil {
		ids = p.join(ids, more, free)
		seen, err = s.m.sampler.Look(ctx, ids)
	}
	if err != nil {
		s.didNotAnswer()
		p.loseShard(s.n)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.lostShards, s.n)
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
		p.members, p.lostShards = make(map[string]*member), make(map[int]bool)
	}
	now := m.now()
	p.watched = now.Sub(p.looked) <= m.traits.Heartbeat()/2
	p.ledger.look(m, p.looked, now, p.watched)
	p.intervals.learnBeat(m)
	p.rotate(m, now)
	p.mu.Unlock()
	for n, s := range m.shards {
		if !s.state().answers {
			p.loseShard(n)
		}
	}
}

// sees reports whether the last look could see a shard, and a workspace there if one
// is online.
func (p *panel) sees(s *shard) bool {
	online := s.state().last.Online
	p.mu.Lock()
	defer p.mu.Unlock()
	return s.m.sampler == nil || !p.lostShards[s.n] && (len(p.members) > 0 || online == 0)
}

// remove removes a workspace whose death is handed out: its silence does not end by
// itself.
func (p *panel) remove(m *Monitor, d Death) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if x := p.members[d.ID]; x != nil && !d.Expired {
		p.ledger.died(m, x, m.now())
	}
	delete(p.members, d.ID)
}

// silent returns how many members are watched as online, how many of these are
// silent, and how many of the silent have vanished without being detected.
func (p *panel) silent() (online, silent, vanished float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.members {
		switch {
		case x.state == driver.Vanished:
			online, silent, vanished = online+1, silent+1, vanished+1
		case x.state == driver.Online && p.looked.Sub(x.heard) > p.beat*5/2:
			online, silent = online+1, silent+1
		case x.state == driver.Online:
			online++
		}
	}
	return online, silent, vanished
}

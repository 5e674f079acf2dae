package monitor

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

const (
	// membership is for how many heartbeats a workspace is a member of the panel where not
	// all are: each has its turn, so that its silences are observed.
	membership = 120

	// rotatedShare is which part of a panel leaves at once.
	rotatedShare = 1.0 / 16
)

// rotate lets the members leave that have been there for the longest time, a few at a
// time, where not all workspaces can be members. The panel is locked.
func (p *panel) rotate(m *Monitor, now time.Time) {
	if p.rotatedAt.After(now) {
		p.rotatedAt = now // the clock of the store was put back
	}
	if m.fleet().online <= len(p.members) || now.Sub(p.rotatedAt) < time.Duration(rotatedShare*membership*float64(m.traits.Heartbeat())) {
		return
	}
	p.rotatedAt = now
	var living []string
	for id, x := range p.members {
		if x.state == driver.Online {
			living = append(living, id)
		}
	}
	slices.SortFunc(living, func(a, b string) int { return p.members[a].since.Compare(p.members[b].since) })
	for _, id := range living[:int(math.Ceil(rotatedShare*float64(len(living))))] {
		delete(p.members, id)
	}
}

// places returns how many workspaces of each shard may join, so that each shard has its
// part of the panel. If one has clearly less or more than its part, members leave where
// there are too many. The places of a shard that does not answer stay free until it
// does.
func (p *panel) places(m *Monitor) []int {
	size := sampleSize
	if m.traits.Local {
		size = localSize
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
	for n := range p.lostShards {
		places[n] = max(1, places[n])
		if !m.shards[n].state().answers {
			places[n] = 0
		}
	}
	return places
}

// thin removes so many members in a shard, but none that is dead. The panel is
// locked.
func (p *panel) thin(n, most int) {
	for id, x := range p.members {
		if most > 0 && x.shard == n && x.state != driver.Dead {
			delete(p.members, id)
			most--
		}
	}
}

// membersIn returns the members in a shard.
func (p *panel) membersIn(n int) (ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, x := range p.members {
		if x.shard == n {
			ids = append(ids, id)
		}
	}
	return ids
}

// join returns ids and up to free of the others that are no members.
func (p *panel) join(ids, others []string, free int) []string {
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

// loseShard removes the members in a shard that does not answer: the others are a
// sample of the fleet as good as before.
func (p *panel) loseShard(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lostShards[n] = true
	maps.DeleteFunc(p.members, func(_ string, x *member) bool { return x.shard == n })
}

package roster

import (
	"math/rand/v2"
	"slices"

	"github.com/molecule-ai/liveness/store/driver"
)

// Sample implements Sample of [driver.Sampler].
func (r *Roster) Sample(n int) (ids []string) {
	var sizes [stripeCount]int
	total := 0
	for i := range r.stripes {
		sizes[i] = r.stripes[i].pick(nil, nil)
		total += sizes[i]
	}
	take := func(id string) { ids = append(ids, id) }
	picks := distinct(n, total+r.deaths.pick(nil, nil))
	for i := range r.stripes {
		mine, _ := slices.BinarySearch(picks, sizes[i])
		r.stripes[i].pick(picks[:mine], take)
		picks = picks[mine:]
		for j := range picks {
			picks[j] -= sizes[i]
		}
	}
	r.deaths.pick(picks, take)
	return ids
}

// pick calls take for the lives at the given places, if there are so many, and
// returns how many there are.
func (s *stripe) pick(places []int, take func(id string)) int {
	s.RLock()
	defer s.RUnlock()
	for _, at := range places {
		if at < len(s.index.entries) {
			take(s.index.entries[at].item.id)
		}
	}
	return len(s.index.entries)
}

// pick is pick of the deaths that are not detected.
func (d *deaths) pick(places []int, take func(id string)) int {
	d.Lock()
	defer d.Unlock()
	for _, at := range places {
		if at < len(d.undetected.entries) {
			take(d.undetected.entries[at].item.id)
		}
	}
	return len(d.undetected.entries)
}

// distinct returns n different numbers below total, or all of them, in order.
func distinct(n, total int) []int {
	n = max(0, min(n, total))
	chosen := make(map[int]bool, n)
	for top := total - n; top < total; top++ { // Floyd's algorithm
		at := rand.IntN(top + 1)
		if chosen[at] {
			at = top
		}
		chosen[at] = true
	}
	list := make([]int, 0, n)
	for at := range chosen {
		list = append(list, at)
	}
	slices.Sort(list)
	return list
}

// Look implements Look of [driver.Sampler] for one id.
func (r *Roster) Look(id string) driver.Sighting {
	s, hash := r.of(id)
	s.RLock()
	defer s.RUnlock()
	now := r.Now()
	l := s.lives.Find(id, hash)
	if l != nil {
		if left := l.Remaining(now); left > 0 {
			return driver.Sighting{State: driver.Online, Remaining: left}
		}
	}
	d := r.deaths
	d.Lock()
	defer d.Unlock()
	switch x := d.find(id); {
	case x != nil && (x.Attempt > 0 || d.isRecent(x, now)):
		return driver.Sighting{State: driver.Unknown}
	case l != nil || x != nil && x.pending && !x.detected:
		return driver.Sighting{State: driver.Vanished}
	case x != nil && x.pending:
		return driver.Sighting{State: driver.Dead}
	}
	return driver.Sighting{State: driver.Unknown}
}

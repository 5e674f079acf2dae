package roster

import (
	"context"
	"hash/maphash"
	"iter"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// Dump implements [driver.Restorer]. It lists the ids first and then looks at one
// after the other, so that each is yielded once.
func (s InMemory) Dump(ctx context.Context) iter.Seq2[driver.Record, error] {
	const op = "Dump"
	return func(yield func(driver.Record, error) bool) {
		goOn := func() error { return s.gate.CheckMany(ctx, op, nil) }
		known, err := s.known(goOn)
		for _, ids := range known {
			slices.Sort(ids)
			for _, id := range slices.Compact(ids) {
				if err = goOn(); err != nil {
					yield(driver.Record{}, err)
					return
				}
				if r, ok := s.roster.dump(id, s.urls.Peek); ok && !yield(r, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(driver.Record{}, err)
		}
	}
}

// known returns the ids of all lives, pending deaths and URLs, by stripe. One
// may be there several times. A life that ends meanwhile becomes a death of the same
// stripe, which is looked at later.
func (s InMemory) known(goOn func() error) ([][]string, error) {
	r, known := s.roster, make([][]string, stripeCount)
	var page []*Life
	var ids []string
	for i := range stripeCount {
		if err := goOn(); err != nil {
			return nil, err
		}
		page = r.stripes[i].appendLives(page[:0])
		for _, l := range page {
			known[i] = append(known[i], l.id)
		}
		ids = r.deaths.appendIDs(ids, i)
	}
	for _, id := range append(ids, s.urls.IDs()...) {
		i := maphash.String(r.seed, id) % stripeCount
		known[i] = append(known[i], id)
	}
	return known, goOn()
}

func (d *deaths) appendIDs(ids []string, i int) []string {
	d.Lock()
	defer d.Unlock()
	for id, x := range d.parts[i].byID {
		if x.pending {
			ids = append(ids, id)
		}
	}
	return ids
}

// dump returns the driver.Record of a workspace, and false if there is nothing in it.
func (r *Roster) dump(id string, urls peek) (dumped driver.Record, ok bool) {
	r.read(id, func(s *stripe, l *Life, x *record, now time.Duration) {
		dumped = driver.Record{ID: id, Now: r.at(now)}
		dumped.URL, dumped.InternalURL = urls(id, now)
		switch {
		case l != nil:
			s.dumpLife(&dumped, l, x, now)
		case x != nil && x.pending:
			dumped.Death = &driver.DeathRecord{
				Ago: now - x.Deadline, Since: now - x.Since, Delay: x.delay(now),
				Attempt: x.Attempt, Adopted: x.Adopted, Expired: x.Expired,
			}
		}
	})
	ok = dumped.Remaining > 0 || dumped.Death != nil || dumped.URL != driver.CachedURL{} || dumped.InternalURL != driver.CachedURL{}
	return dumped, ok
}

func (s *stripe) dumpLife(dumped *driver.Record, l *Life, x *record, now time.Duration) {
	deadline := l.Deadline()
	since := s.since(l, deadline)
	switch left := l.Remaining(now); {
	case left == 0:
		dumped.Death = &driver.DeathRecord{Ago: now - deadline, Since: now - since, Delay: x.delay(now)}
	case since < deadline:
		dumped.Remaining, dumped.Withdrawn = left, max(1, now-since)
	default:
		dumped.Remaining = left
	}
}

// delay returns for how long a death of the workspace is not ready.
func (x *record) delay(now time.Duration) time.Duration {
	if x == nil {
		return 0
	}
	return max(0, x.leaseEnd-now, x.readyFrom-now)
}

package conformance

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func (r *ref) Dump(ctx context.Context) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) {
		known := map[string]bool{}
		err := r.many(ctx, "Dump", nil, func() {
			for id := range r.lives {
				known[id] = true
			}
			for id := range r.deaths {
				known[id] = true
			}
			for s := range r.urls {
				known[s.id] = true
			}
		})
		for _, id := range slices.Sorted(maps.Keys(known)) {
			var record driver.Record
			if err = r.many(ctx, "Dump", nil, func() { record = r.record(id, time.Now()) }); err != nil {
				break
			}
			if (record != driver.Record{ID: id, Now: record.Now}) && !yield(record, nil) {
				return
			}
		}
		if err != nil {
			yield(driver.Record{}, err)
		}
	}
}

func (r *ref) record(id string, now time.Time) driver.Record {
	record := driver.Record{ID: id, Now: now, Remaining: r.left(id)}
	record.URL, record.InternalURL = r.peek("public", id, now), r.peek("internal", id, now)
	x := r.deaths[id]
	since, withdrawn := r.since[id]
	switch deadline := r.lives[id]; {
	case record.Remaining > 0 && withdrawn:
		record.Withdrawn = max(1, now.Sub(since))
	case record.Remaining > 0:
	case !deadline.IsZero():
		record.Death = &driver.DeathRecord{Ago: now.Sub(deadline), Since: now.Sub(deadline)}
		if withdrawn {
			record.Death.Since = now.Sub(since)
		}
		if l := r.leases[id]; l.lasts(now) {
			record.Death.Delay = l.until.Sub(now)
		}
	case x != nil:
		record.Death = &driver.DeathRecord{
			Ago: now.Sub(x.Deadline), Since: now.Sub(x.Since), Delay: max(0, r.readyAt(x).Sub(now)),
			Attempt: x.Attempt, Adopted: x.Adopted, Expired: x.Expired,
		}
	}
	return record
}

func (r *ref) peek(kind, id string, now time.Time) driver.CachedURL {
	if c := r.urls[slot{kind, id}]; now.Before(c.end) {
		return driver.CachedURL{URL: c.url, Remaining: c.end.Sub(now)}
	}
	return driver.CachedURL{}
}

func (r *ref) Restore(ctx context.Context, records []driver.Record) error {
	if err := driver.CheckRecords(ctx, "Restore", records); err != nil {
		return err
	}
	for _, record := range records {
		if err := r.do(ctx, "Restore", record.ID, func() error { return r.restore(record, time.Now()) }); err != nil {
			return err
		}
	}
	return nil
}

func (r *ref) restore(record driver.Record, now time.Time) error {
	id, recent := record.ID, now.Before(r.recent[record.ID])
	online := r.left(id) > 0
	x := r.deaths[id]
	takes := online || !recent && (x == nil || x.Attempt == 0)
	switch {
	case record.Remaining > r.left(id):
		if !online && r.online() >= r.limit {
			return store.ErrFull
		}
		r.grant(id, record.Remaining)
		if !online {
			r.bounds[id] = r.lives[id]
		}
		if record.Withdrawn > 0 {
			r.since[id] = now.Add(-record.Withdrawn)
		}
		takes = true
	case record.Death != nil && !online && !recent && r.takes(record, x, now):
		d := record.Death
		death := r.die(id, now.Add(-d.Ago))
		death.Since, death.Attempt, death.Adopted, death.Expired = now.Add(-d.Since), d.Attempt, d.Adopted, d.Expired
		if d.Delay > 0 {
			death.ready = now.Add(d.Delay)
		}
		takes = true
	}
	if takes {
		r.take("public", id, record.URL, now)
		r.take("internal", id, record.InternalURL, now)
	}
	return nil
}

// takes reports whether a death takes the place of what is known of a workspace
// that is offline.
func (r *ref) takes(record driver.Record, x *refDeath, now time.Time) bool {
	deadline := now.Add(-record.Death.Ago)
	switch end := r.lives[record.ID]; {
	case !end.IsZero():
		return !record.Death.Adopted && deadline.After(end)
	case x != nil:
		return !record.Death.Adopted && x.Attempt == 0 && !r.leases[record.ID].lasts(now) && deadline.After(x.Deadline)
	}
	return true
}

func (r *ref) take(kind, id string, u driver.CachedURL, now time.Time) {
	if u.Remaining > r.peek(kind, id, now).Remaining {
		r.cache(kind, id, u.URL)
		c := r.urls[slot{kind, id}]
		c.end = now.Add(u.Remaining)
		r.urls[slot{kind, id}] = c
	}
}

package mapstore

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

var _ driver.Restorer = (*Store)(nil)

// Dump implements driver.Restorer.
func (s *Store) Dump(ctx context.Context) iter.Seq2[driver.Record, error] {
	return func(yield func(driver.Record, error) bool) {
		each(ctx, s, "Dump", yield, func(w *workspace, now time.Time) (driver.Record, bool) {
			r := w.record(now)
			return r, r != driver.Record{ID: w.id, Now: now}
		})
	}
}

func (w *workspace) record(now time.Time) driver.Record {
	r := driver.Record{ID: w.id, Now: now, URL: w.peek(publicURL, now), InternalURL: w.peek(internalURL, now)}
	d := w.death
	switch {
	case w.online(now):
		r.Remaining = w.deadline.Sub(now)
		if !w.since.IsZero() {
			r.Withdrawn = max(1, now.Sub(w.since))
		}
		return r
	case w.vanished(now):
		undetected := *w // which is not to change
		d = undetected.die(w.deadline, now)
	case d == nil:
		return r
	}
	r.Death = &driver.DeathRecord{
		Ago: now.Sub(d.Deadline), Since: now.Sub(d.Since), Delay: max(0, d.due.Sub(now)),
		Attempt: d.Attempt, Adopted: d.Adopted, Expired: d.Expired,
	}
	if w.leased(now) {
		r.Death.Delay = max(r.Death.Delay, w.lease.end.Sub(now))
	}
	return r
}

func (w *workspace) peek(which int, now time.Time) driver.CachedURL {
	if u := w.urls[which]; now.Before(u.end) {
		return driver.CachedURL{URL: u.value, Remaining: u.end.Sub(now)}
	}
	return driver.CachedURL{}
}

// Restore implements driver.Restorer.
func (s *Store) Restore(ctx context.Context, records []driver.Record) error {
	if err := driver.CheckRecords(ctx, "Restore", records); err != nil {
		return err
	}
	return s.write("Restore", "", func(now time.Time) {
		for _, r := range records {
			s.need(r.ID).restore(r, now)
		}
	})
}

func (w *workspace) restore(r driver.Record, now time.Time) {
	takes := w.online(now) || !w.isRecent(now) && (w.death == nil || w.death.Attempt == 0)
	switch deadline := now.Add(r.Remaining); {
	case w.online(now):
		if deadline.After(w.deadline) {
			w.deadline, w.heard, w.since = deadline, true, time.Time{}
		}
	case r.Remaining > 0:
		w.try(deadline)
		takes = true
	case r.Death != nil && w.givesWayTo(*r.Death, now):
		w.deadline, w.since = time.Time{}, now.Add(-r.Death.Since)
		d := w.die(now.Add(-r.Death.Ago), now)
		d.Attempt, d.Adopted, d.Expired = r.Death.Attempt, r.Death.Adopted, r.Death.Expired
		if r.Death.Delay > 0 {
			d.due = now.Add(r.Death.Delay)
			d.made = d.due
		}
		takes = true
	}
	if r.Withdrawn > 0 && w.deadline.Equal(now.Add(r.Remaining)) {
		w.since = now.Add(-r.Withdrawn)
	}
	for which, u := range [allURLs]driver.CachedURL{r.URL, r.InternalURL} {
		if takes && u.Remaining > w.peek(which, now).Remaining {
			w.cache(which, u.URL, now.Add(u.Remaining))
		}
	}
}

// givesWayTo reports whether a death takes the place of the record of a workspace
// that is offline (R11).
func (w *workspace) givesWayTo(d driver.DeathRecord, now time.Time) bool {
	deadline := now.Add(-d.Ago)
	switch {
	case w.isRecent(now):
		return false
	case w.vanished(now):
		return !d.Adopted && deadline.After(w.deadline)
	case w.death != nil:
		return !d.Adopted && w.death.Attempt == 0 && !w.leased(now) && deadline.After(w.death.Deadline)
	}
	return true
}

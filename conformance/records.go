package conformance

import (
	"fmt"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// records is a check of the Restorer of a store that is watched.
type records struct{ *watch }

func (c *check) restorer() records {
	w := c.newWatch()
	need[driver.Restorer](c)
	return records{w}
}

// restoring is restorer, past the first grace.
func (c *check) restoring() records {
	c.restorer()
	return records{c.watched()}
}

// dump returns the records of all workspaces, each once.
func (w records) dump() map[string]driver.Record {
	all := map[string]driver.Record{}
	for r, err := range need[driver.Restorer](w.check).Dump(w.ctx) {
		w.wantNil("Dump", "", err)
		if _, twice := all[r.ID]; twice {
			w.fail("Dump yields %q twice", r.ID)
		}
		if !w.epoch.IsZero() {
			w.wantClock(r.Now)
		}
		all[r.ID] = r
	}
	w.giveUpIfLate()
	return all
}

// restore restores records.
func (w records) restore(records ...driver.Record) {
	w.wantNil("Restore", "", need[driver.Restorer](w.check).Restore(w.ctx, records))
}

// dead returns the record of a death that was never handed out, so long ago.
func dead(id string, ago time.Duration) driver.Record {
	return driver.Record{ID: id, Death: &driver.DeathRecord{Ago: ago, Since: ago}}
}

// changed returns the record after a change of its death.
func changed(r driver.Record, change func(d *driver.DeathRecord)) driver.Record {
	change(r.Death)
	return r
}

// cachedFor returns the record with a URL of each kind.
func cachedFor(r driver.Record, d time.Duration) driver.Record {
	r.URL = driver.CachedURL{URL: urlOf(r.ID), Remaining: d}
	r.InternalURL = driver.CachedURL{URL: urlOf(r.ID + "/internal"), Remaining: d}
	return r
}

// wantDump wants a dump to yield these records, and no others.
func (w records) wantDump(want ...driver.Record) {
	got := w.dump()
	for _, r := range want {
		d, ok := got[r.ID]
		if !ok {
			w.fail("Dump does not yield %q, after %v", r.ID, w.passed)
		}
		w.wantRecord(d, r)
		delete(got, r.ID)
	}
	for id, r := range got {
		w.fail("Dump yields %q, of which nothing is known, as %s, after %v", id, recordText(r), w.passed)
	}
}

func (w records) wantRecord(got, want driver.Record) {
	same := func(a, b time.Duration) bool { return w.near(a, b) && (a == 0) == (b == 0) }
	url := func(a, b driver.CachedURL) bool { return a.URL == b.URL && same(a.Remaining, b.Remaining) }
	death := func(a, b *driver.DeathRecord) bool {
		if a == nil || b == nil {
			return a == b
		}
		return w.near(a.Ago, b.Ago) && w.near(a.Since, b.Since) && same(a.Delay, b.Delay) &&
			a.Attempt == b.Attempt && a.Adopted == b.Adopted && a.Expired == b.Expired
	}
	if !same(got.Remaining, want.Remaining) || !same(got.Withdrawn, want.Withdrawn) || !death(got.Death, want.Death) ||
		!url(got.URL, want.URL) || !url(got.InternalURL, want.InternalURL) {
		w.fail("Dump yields %q as %s, want %s (± %v), after %v", want.ID, recordText(got), recordText(want), w.after(), w.passed)
	}
}

func recordText(r driver.Record) string {
	s := fmt.Sprintf("{remaining %v, withdrawn %v ago, URL %q for %v, internal URL %q for %v",
		r.Remaining, r.Withdrawn, r.URL.URL, r.URL.Remaining, r.InternalURL.URL, r.InternalURL.Remaining)
	if r.Death != nil {
		s += fmt.Sprintf(", death %+v", *r.Death)
	}
	return s + "}"
}

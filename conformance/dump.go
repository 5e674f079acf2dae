package conformance

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
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

func dumpsTheLiving(c *check) {
	w := c.restoring()
	w.setOnline("early")
	w.public().set("early", urlOf("early"))
	w.pass(w.ttl / 4)
	w.setOnline("late", "plain")
	w.internal().set("early", urlOf("early/internal"))
	w.internal().set("offline", urlOf("offline/internal"))
	w.pass(w.ttl / 4)
	w.refresh("plain")
	w.wantDump(
		driver.Record{ID: "early", Remaining: w.ttl / 2, URL: driver.CachedURL{URL: urlOf("early"), Remaining: w.urlTTL - w.ttl/2},
			InternalURL: driver.CachedURL{URL: urlOf("early/internal"), Remaining: w.urlTTL - w.ttl/4}},
		driver.Record{ID: "late", Remaining: w.ttl * 3 / 4},
		driver.Record{ID: "plain", Remaining: w.ttl},
		driver.Record{ID: "offline", InternalURL: driver.CachedURL{URL: urlOf("offline/internal"), Remaining: w.urlTTL - w.ttl/4}},
	)
}

// dumpsTheDead has deaths in each phase, and one that no sweep has detected.
func dumpsTheDead(c *check) {
	w := c.restoring()
	ids := []string{"begun", "delayed", "leased", "ready"}
	w.die(ids...)
	died := w.passed - w.after()
	w.setOnline("vanished")
	vanished := w.in(w.ttl)
	w.pass(w.ttl / 2)
	all := w.claim(ids...)
	w.begin(all[0])
	w.release(0, all[0], all[3])
	w.release(w.ttl, all[1])
	w.extend(w.ttl, all[2])
	end := w.in(w.ttl)
	w.passUnswept(vanished)
	dead := func(id string, at time.Duration, d driver.DeathRecord) driver.Record {
		d.Ago, d.Since = w.passed-at, w.passed-at
		return driver.Record{ID: id, Death: &d}
	}
	w.wantDump(
		dead("begun", died, driver.DeathRecord{Attempt: 1}),
		dead("delayed", died, driver.DeathRecord{Delay: end - w.passed}),
		dead("leased", died, driver.DeathRecord{Delay: end - w.passed}),
		dead("ready", died, driver.DeathRecord{}),
		dead("vanished", vanished, driver.DeathRecord{}),
	)
}

func dumpsCauses(c *check) {
	w := c.restoring()
	e := w.expirer()
	w.setOnline("expired")
	e.expire("expired")
	at := w.passed
	w.pass(w.ttl / 4)
	w.adopt(w.at(w.in(w.ttl)), "adopted")
	w.wantDump(
		driver.Record{ID: "adopted", Death: &driver.DeathRecord{Ago: -w.ttl, Since: -w.ttl, Delay: w.ttl, Adopted: true}},
		driver.Record{ID: "expired", Death: &driver.DeathRecord{Ago: w.passed - at, Since: w.passed - at, Expired: true}},
	)
}

func dumpsTheWithdrawn(c *check) {
	w := c.restoring()
	w.die("heard", "silent")
	died := w.passed - w.after()
	w.withdraw(w.claim("heard", "silent")...)
	silent := w.in(w.ttl)
	w.pass(w.ttl / 2)
	w.refresh("heard")
	heard := w.in(w.ttl)
	w.wantDump(
		driver.Record{ID: "heard", Remaining: w.ttl},
		driver.Record{ID: "silent", Remaining: w.ttl / 2, Withdrawn: w.passed - died},
	)
	w.passUnswept(silent)
	for range 2 { // before it is detected, and then
		w.wantDump(
			driver.Record{ID: "heard", Remaining: heard - w.passed},
			driver.Record{ID: "silent", Death: &driver.DeathRecord{Ago: w.passed - silent, Since: w.passed - died}},
		)
		w.sweep()
	}
}

func dumpsNothingElse(c *check) {
	w := c.restoring()
	w.wantDump()
	w.cacheBoth("cached")
	w.setOnline("cleared")
	w.clear("cleared")
	w.die("acknowledged")
	w.acknowledge(w.handOut("acknowledged")...)
	w.justAfter(w.in(w.urlTTL))
	w.wantDump()
}

func dumpChangesNothing(c *check) {
	w := c.restoring()
	w.die("leased")
	w.cacheBoth("leased")
	leased := w.claim("leased")
	w.setOnline("alive", "unseen")
	end := w.in(w.ttl)
	w.pass(w.ttl / 2)
	w.refresh("alive")
	for range 3 {
		w.dump()
	}
	w.wantHeld(leased...)
	w.begin(leased...)
	w.wantNeither("leased")
	w.wantTally(tally{online: 2, leased: 1, recent: 1})
	w.passUnswept(end)
	w.dump()
	w.wantDetected("unseen")
	w.wantAttempt(1, w.claim("unseen")...)
}

func dumpsManyOnce(c *check) {
	w := c.restorer()
	ids, _ := w.fill("crowd", largeCrowd)
	w.stopTiming()
	got := w.dump()
	for _, id := range ids {
		if got[id].Remaining <= 0 {
			w.fail("Dump yields %q with %v remaining, want more than 0", id, got[id].Remaining)
		}
	}
	if len(got) != len(ids) {
		w.fail("Dump yields %d workspaces, want %d", len(got), len(ids))
	}
}

// dumpsStrangeIDs wants no id to meet another on the way out and in.
func dumpsStrangeIDs(c *check) {
	w := c.restorer()
	ids := strangeIDs()
	var records []driver.Record
	for i, id := range ids {
		records = append(records, driver.Record{ID: id, Remaining: w.ttl - time.Duration(i), URL: driver.CachedURL{URL: urlOf("of") + fmt.Sprint(i), Remaining: w.urlTTL}})
	}
	w.restore(records...)
	w.wantDump(records...)
}

func dumpsWhileOthersComeAndGo(c *check) {
	w := c.restoring()
	w.die("dead-0", "dead-1", "dead-2")
	heard, _ := w.fill("stay", 20)
	w.stopTiming()
	loop := func() iter.Seq2[driver.Record, error] { return need[driver.Restorer](w.check).Dump(w.ctx) }
	stay := slices.Concat(heard, []string{"dead-0", "dead-1", "dead-2"})
	comeAndGo(c, "Dump", loop, func(r driver.Record) string { return r.ID }, stay, heard)
}

func dumpBodyMayCallAnything(c *check) {
	w := c.restorer()
	w.fill("crowd", 12)
	w.stopTiming()
	for r, err := range need[driver.Restorer](w.check).Dump(w.ctx) {
		w.wantNil("Dump", r.ID, err)
		w.callEverything(r.ID)
	}
}

func dumpBodyMayBreak(c *check) {
	w := c.restorer()
	ids, _ := w.fill("crowd", 12)
	for range need[driver.Restorer](w.check).Dump(w.ctx) {
		break
	}
	w.refresh(ids...)
	if got := w.dump(); len(got) != len(ids) {
		w.fail("Dump yields %d workspaces, want %d", len(got), len(ids))
	}
}

// dumpEndsInTheLoop ends the context, and then the store, in the first body.
func dumpEndsInTheLoop(c *check) {
	w := c.restorer()
	ids, _ := w.fill("crowd", 30)
	ctx, cancel := context.WithCancel(c.ctx)
	endsInLoop(c, "Dump", need[driver.Restorer](c).Dump(ctx), len(ids), cancel, context.Canceled)
	endsInLoop(c, "Dump", need[driver.Restorer](c).Dump(c.ctx), len(ids), c.close, store.ErrClosed)
}

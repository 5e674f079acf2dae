package conformance

import (
	"context"
	"fmt"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// dumpChecks are those of R10.
func dumpChecks() []entry {
	return []entry{
		{"R10", "a dump yields the living with what remains of each, and every URL", timed, func(c *check) {
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
		}},

		// There is a death in each phase, and one that no sweep has detected.
		{"R10", "a dump yields the deaths, detected or not, a lease as a delay", timed, func(c *check) {
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
		}},

		{"R10", "a dump yields which deaths are by Expire or by Adopt", timed, func(c *check) {
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
		}},

		{"R10", "a dump yields since when one that was withdrawn is silent", timed, func(c *check) {
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
		}},

		{"R10", "a dump yields no workspace without a life, a death and a URL", timed, func(c *check) {
			w := c.restoring()
			w.wantDump()
			w.cacheBoth("cached")
			w.setOnline("cleared")
			w.clear("cleared")
			w.die("acknowledged")
			w.acknowledge(w.handOut("acknowledged")...)
			w.justAfter(w.in(w.urlTTL))
			w.wantDump()
		}},

		{"R10", "a dump changes nothing", timed, func(c *check) {
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
		}},

		{"R10", "a dump yields thousands, each once", atOnce, func(c *check) {
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
		}},

		// No id meets another on the way out or in.
		{"R10", "a dump yields strange ids as they are", timed, func(c *check) {
			w := c.restorer()
			for _, ids := range strangeIDs() {
				var records []driver.Record
				for i, id := range ids {
					records = append(records, driver.Record{ID: id, Remaining: w.ttl - time.Duration(i), URL: driver.CachedURL{URL: urlOf("of") + fmt.Sprint(i), Remaining: w.urlTTL}})
				}
				w.restore(records...)
				w.wantDump(records...)
				w.clear(ids...)
			}
		}},

		{"R10", "a dump yields those that stay while others come and go", atOnce, func(c *check) {
			w := c.restorer()
			w.sweep()
			dead := names("dead", 3)
			w.adopt(w.at(w.in(w.long())), dead...)
			crowd, _ := w.fill("crowd", c.many(largeCrowd))
			loop := need[driver.Restorer](c).Dump(w.ctx)
			seen := comeAndGo(c, "Dump", loop, func(r driver.Record) string { return r.ID }, w.livesTurnover(crowd))
			for _, id := range dead {
				if seen[id] != 1 {
					w.fail("Dump yields %q, which was dead throughout, %d times", id, seen[id])
				}
			}
		}},

		{"R10", "the body of the loop over records may call any method", atOnce, func(c *check) {
			w := c.restorer()
			w.fill("crowd", 12)
			w.stopTiming()
			for r, err := range need[driver.Restorer](w.check).Dump(w.ctx) {
				w.wantNil("Dump", r.ID, err)
				w.callEverything(r.ID)
			}
		}},

		{"R10", "the body of the loop over records may break", atOnce, func(c *check) {
			w := c.restorer()
			ids, _ := w.fill("crowd", 12)
			for range need[driver.Restorer](w.check).Dump(w.ctx) {
				break
			}
			w.refresh(ids...)
			if got := w.dump(); len(got) != len(ids) {
				w.fail("Dump yields %d workspaces, want %d", len(got), len(ids))
			}
		}},

		{"R10", "the body of the loop over records may end the context and the store", atOnce, func(c *check) {
			w := c.restorer()
			ids, _ := w.fill("crowd", c.many(largeCrowd))
			ctx, cancel := context.WithCancel(c.ctx)
			endsInLoop(c, "Dump", need[driver.Restorer](c).Dump(ctx), len(ids), cancel, context.Canceled)
			endsInLoop(c, "Dump", need[driver.Restorer](c).Dump(c.ctx), len(ids), c.close, store.ErrClosed)
		}},

		{"R10", "an outage in the loop over records is the last item", breaking, func(c *check) {
			w := c.restorer()
			ids, _ := w.fill("crowd", c.many(largeCrowd))
			endsInLoop(c, "Dump", need[driver.Restorer](c).Dump(w.bounded(answerTime)), len(ids), func() { w.breakdown() }, store.ErrUnavailable)
		}},
	}
}

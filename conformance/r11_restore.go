package conformance

import (
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// restoreChecks are those of R11: records of workspaces that are unknown to the store.
func restoreChecks() []entry {
	return []entry{
		{"R11", "a life is restored for the time that remains", timed, func(c *check) {
			w := c.restoring()
			for _, left := range w.grantedTTLs() {
				w.restore(driver.Record{ID: "a", Remaining: left})
				end := w.in(left)
				w.wantNextBy(end)
				w.justBefore(end)
				w.wantOnline("a")
				w.wantDetected()
				w.justAfter(end)
				w.wantOffline("a")
				w.wantDetected("a")
				d := w.claim("a")[0]
				w.wantDeadline(d, end)
				w.wantSince(d, end)
				w.wantAttempt(1, d)
				w.clear("a")
				w.acknowledge(d)
			}
		}},

		{"R11", "of two lives the longer one counts", timed, func(c *check) {
			w := c.restoring()
			w.setOnline("heard")
			w.restore(driver.Record{ID: "heard", Remaining: w.ttl / 4}, driver.Record{ID: "restored", Remaining: w.ttl / 4})
			w.restore(driver.Record{ID: "restored", Remaining: w.ttl}, driver.Record{ID: "restored", Remaining: w.ttl / 2})
			w.wantOnlineFor(w.ttl, "heard", "restored")
			w.wantDetected("heard", "restored")
		}},

		{"R11", "the next plain call after a Restore grants the usual TTL", timed, func(c *check) {
			w := c.restoring()
			w.restore(driver.Record{ID: "refreshed", Remaining: 3 * w.ttl}, driver.Record{ID: "set", Remaining: 3 * w.ttl})
			w.pass(w.ttl / 2)
			w.refresh("refreshed")
			w.setOnline("set")
			end := w.in(w.ttl)
			w.wantNextBy(end)
			w.wantOnlineFor(w.ttl, "refreshed", "set")
			w.wantDetected("refreshed", "set")
		}},

		{"R11", "a life that is restored ends the death, not the lease", timed, func(c *check) {
			w := c.restoring()
			w.die("leased", "ready")
			all := w.claim("leased", "ready")
			w.release(0, all[1])
			w.restore(driver.Record{ID: "leased", Remaining: w.ttl}, driver.Record{ID: "ready", Remaining: w.ttl})
			w.wantPending()
			w.wantOnline("leased", "ready")
			w.wantCameBack(all[0])
			w.wantLost(all[1])
			w.justAfter(w.in(w.ttl))
			w.wantDetected("leased", "ready")
			w.acknowledge(all[0])
			w.wantAttempt(1, w.claim("leased", "ready")...)
		}},

		// A recent workspace stays recent until it is heard from.
		{"R11", "a life that is restored is no comeback", timed, func(c *check) {
			w := c.restoring()
			w.die("alive", "silent")
			w.acknowledge(w.handOut("alive", "silent")...)
			w.restore(driver.Record{ID: "alive", Remaining: w.ttl / 4}, driver.Record{ID: "silent", Remaining: w.ttl / 4})
			end := w.in(w.ttl / 4)
			w.wantTally(tally{online: 2, recent: 2})
			w.wantReturned(0)
			w.justBefore(end)
			w.refresh("alive")
			w.justAfter(end)
			w.wantDetected("silent")
			w.wantReturned(1)
		}},

		// Since of the next death is that of the first in the row.
		{"R11", "a withdrawn life is restored with its Since", timed, func(c *check) {
			w := c.restoring()
			for _, id := range []string{"heard", "silent"} {
				w.restore(driver.Record{ID: id, Remaining: w.ttl / 2, Withdrawn: 2 * w.ttl})
			}
			first := w.in(-2 * w.ttl)
			end := w.in(w.ttl / 2)
			w.pass(w.ttl / 4)
			w.refresh("heard")
			heard := w.in(w.ttl)
			w.justAfter(end)
			w.wantDetected("silent")
			w.wantSince(w.claim("silent")[0], first)
			w.justAfter(heard)
			w.wantDetected("heard")
			w.wantSince(w.claim("heard")[0], heard)
		}},

		{"R11", "deaths are restored with all that is known of them", timed, func(c *check) {
			w := c.restoring()
			w.restore(
				changed(dead("adopted", w.ttl/4), func(d *driver.DeathRecord) { d.Adopted = true }),
				changed(dead("expired", w.ttl/2), func(d *driver.DeathRecord) { d.Expired = true }),
				changed(dead("handed-out", 2*w.ttl), func(d *driver.DeathRecord) { d.Attempt, d.Since = 2, 3*w.ttl }),
				dead("silent", w.ttl),
			)
			at := w.passed
			w.wantPending("adopted", "expired", "handed-out", "silent")
			w.wantOffline("adopted", "expired", "handed-out", "silent")
			w.wantPhase("silent", driver.Ready, 0)
			w.wantDetected()
			w.wantTally(tally{ready: 4, fresh: 2})
			all := w.claim("adopted", "expired", "handed-out", "silent")
			for i, ago := range []time.Duration{w.ttl / 4, w.ttl / 2, 2 * w.ttl, w.ttl} {
				w.wantDeadline(all[i], at-ago)
			}
			w.wantSince(all[2], at-3*w.ttl)
			w.wantSince(all[3], at-w.ttl)
			w.wantAttempt(1, all[0], all[1], all[3])
			w.wantAttempt(3, all[2])
			w.wantAdopted(true, all[0])
			w.wantAdopted(false, all[1:]...)
			w.wantExpired(true, all[1])
			w.wantExpired(false, all[0], all[2], all[3])
			w.begin(all...)
			w.acknowledge(all...)
		}},

		{"R11", "a death is restored with its delay", timed, func(c *check) {
			w := c.restoring()
			due := changed(dead("adopted", -w.ttl/2), func(d *driver.DeathRecord) { d.Adopted, d.Delay = true, w.ttl/2 })
			w.restore(due, changed(dead("delayed", w.ttl), func(d *driver.DeathRecord) { d.Delay = w.ttl / 2 }))
			end := w.in(w.ttl / 2)
			w.wantPhase("delayed", driver.Delayed, end)
			w.wantTally(tally{delayed: 2, fresh: 1})
			w.wantNextBy(end)
			w.justBefore(end)
			w.sweep()
			w.claim()
			w.sweepAfter(end)
			w.claim("adopted", "delayed")
		}},

		{"R11", "deaths that are restored are leased in order", timed, func(c *check) {
			w := c.restoring()
			shard, ids := w.inOneShard(4)
			w.restore(
				dead(ids[0], w.ttl/2), dead(ids[1], 2*w.ttl), dead(ids[2], w.ttl),
				changed(dead(ids[3], 0), func(d *driver.DeathRecord) { d.Expired = true }),
			)
			w.wantOrder(shard, driver.ClaimOptions{}, ids[3], ids[1], ids[2], ids[0])
		}},

		// The death was kept for most of a day elsewhere.
		{"R11", "a death is kept from its restoration on", timed, func(c *check) {
			w, day := c.keepingRestored()
			w.restore(dead("old", day-day/24), dead("older", 3*day))
			end := w.in(day)
			w.sweepSeldomUntil(end - day/24)
			w.wantKept(2, 0)
			w.sweepSeldomUntil(end + day/24)
			w.wantDropped(2, 2)
		}},

		{"R11", "restored records outlive the store", timed, func(c *check) {
			w := c.restoring()
			w.restore(
				changed(dead("handed-out", 3*w.ttl), func(d *driver.DeathRecord) { d.Attempt = 2 }),
				changed(dead("silent", 2*w.ttl), func(d *driver.DeathRecord) { d.Since = 3 * w.ttl }),
				changed(dead("expired", w.ttl), func(d *driver.DeathRecord) { d.Expired = true }),
				cachedFor(driver.Record{ID: "alive", Remaining: w.ttl}, w.urlTTL*2),
				driver.Record{ID: "withdrawn", Remaining: w.ttl, Withdrawn: 2 * w.ttl},
			)
			end, first := w.in(w.ttl), w.in(-2*w.ttl)
			before := w.pending()
			w.reopen(w.ttl / 4)
			w.wantPending(sortedKeys(before)...)
			for id, p := range w.pending() {
				w.wantSame(p.Death, before[id].Death)
			}
			w.sweep()
			w.wantBoth("alive")
			w.justBefore(end)
			w.wantOnline("alive", "withdrawn")
			w.justAfter(end)
			w.wantDetected("alive", "withdrawn")
			w.wantSince(w.pending()["withdrawn"].Death, first)
		}},

		// No step takes as many. A store without room refuses them.
		{"R11", "thousands are restored", atOnce, func(c *check) {
			const many = 1500
			w := c.restorer()
			var records []driver.Record
			for _, id := range names("crowd", many) {
				records = append(records, driver.Record{ID: id, Remaining: w.ttl})
			}
			w.stopTiming()
			if err := need[driver.Restorer](w.check).Restore(w.ctx, records); err != nil {
				w.wantError("Restore", "", err, store.ErrFull)
				return
			}
			if got := len(w.dump()); got != many {
				w.fail("of %d workspaces that were restored Dump yields %d", many, got)
			}
		}},
	}
}

func (c *check) keepingRestored() (records, time.Duration) {
	c.restorer()
	w, day := c.keeping()
	return records{w}, day
}

package conformance

import (
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// mergeChecks are those of R11: records of workspaces that the store knows.
func mergeChecks() []entry {
	return []entry{
		{"R11", "a death leaves the living alone", timed, func(c *check) {
			w := c.restoring()
			w.setOnline("a")
			end := w.in(w.ttl)
			w.restore(dead("a", 0), dead("a", w.ttl))
			w.wantPending()
			w.justBefore(end)
			w.wantOnline("a")
			w.justAfter(end)
			w.wantDetected("a")
		}},

		{"R11", "a death leaves alone one that was handed out or is leased", timed, func(c *check) {
			w := c.restoring()
			ids := []string{"acknowledged", "handed-out", "leased", "released"}
			w.die(ids...)
			died := w.passed - w.after()
			all := w.claim(ids...)
			w.begin(all[0], all[1], all[3])
			w.acknowledge(all[0])
			w.release(0, all[3])
			w.pass(w.ttl / 4)
			for _, id := range ids {
				w.restore(dead(id, 0), dead(id, w.ttl))
			}
			w.wantPending("handed-out", "leased", "released")
			w.wantHeld(all[1], all[2])
			w.wantDeadline(w.pending()["leased"].Death, died)
			d := w.claim("released")[0]
			w.wantAttempt(2, d)
			w.wantDeadline(d, died)
		}},

		{"R11", "a death leaves a later death alone", timed, func(c *check) {
			w := c.restoring()
			w.die("ready")
			died := w.passed - w.after()
			w.setOnline("vanished")
			end := w.in(w.ttl)
			w.passUnswept(end)
			handed := func(d *driver.DeathRecord) { d.Attempt = 3 }
			w.restore(changed(dead("ready", 5*w.ttl), handed), changed(dead("vanished", 5*w.ttl), handed))
			w.sweep()
			all := w.claim("ready", "vanished")
			w.wantAttempt(1, all...)
			w.wantDeadline(all[0], died)
			w.wantDeadline(all[1], end)
		}},

		{"R11", "a death takes the place of an earlier one that no handler has had", timed, func(c *check) {
			w := c.restoring()
			w.die("ready")
			w.setOnline("vanished")
			w.passUnswept(w.in(w.ttl))
			w.gap(w.ttl / 8)
			adopted := func(d *driver.DeathRecord) { d.Adopted = true }
			w.restore(changed(dead("ready", 0), adopted), changed(dead("vanished", 0), adopted))
			handed := func(d *driver.DeathRecord) { d.Attempt = 3 }
			w.restore(changed(dead("ready", w.ttl/16), handed), changed(dead("vanished", w.ttl/16), handed))
			at := w.in(-w.ttl / 16)
			w.wantDetected()
			all := w.claim("ready", "vanished")
			w.wantAdopted(false, all...)
			w.wantAttempt(4, all...)
			for _, d := range all {
				w.wantDeadline(d, at)
			}
		}},

		{"R11", "URLs are restored each for its time", timed, func(c *check) {
			w := c.restoring()
			short, long := w.urlTTL/2, 2*w.urlTTL
			w.restore(cachedFor(driver.Record{ID: "offline"}, short), cachedFor(driver.Record{ID: "online", Remaining: w.ttl}, short))
			w.restore(driver.Record{ID: "offline", InternalURL: driver.CachedURL{URL: urlOf("new"), Remaining: long}})
			end, last := w.in(short), w.in(long)
			w.justBefore(end)
			w.wantBoth("online")
			w.public().want("offline", urlOf("offline"))
			w.internal().want("offline", urlOf("new"))
			w.justAfter(end)
			w.wantNeither("online")
			w.public().wantNone("offline")
			w.justBefore(last)
			w.internal().want("offline", urlOf("new"))
			w.justAfter(last)
			w.internal().wantNone("offline")
		}},

		{"R11", "of two URLs the one that is readable for longer stays", timed, func(c *check) {
			w := c.restoring()
			w.setOnline("a")
			w.public().set("a", urlOf("cached"))
			w.internal().set("a", urlOf("cached"))
			end := w.in(w.urlTTL)
			w.restore(driver.Record{
				ID: "a", URL: driver.CachedURL{URL: urlOf("shorter"), Remaining: w.urlTTL / 2},
				InternalURL: driver.CachedURL{URL: urlOf("longer"), Remaining: 2 * w.urlTTL},
			})
			w.justBefore(end)
			w.public().want("a", urlOf("cached"))
			w.internal().want("a", urlOf("longer"))
			w.justAfter(end)
			w.public().wantNone("a")
			w.internal().want("a", urlOf("longer"))
		}},

		// The first hand-out forgets the URLs, and no other does.
		{"R11", "URLs that a hand-out has forgotten stay forgotten", timed, func(c *check) {
			w := c.restoring()
			first := cachedFor(dead("first", w.ttl), w.urlTTL)
			second := changed(cachedFor(dead("second", w.ttl), w.urlTTL), func(d *driver.DeathRecord) { d.Attempt = 1 })
			w.restore(first, second)
			w.wantBoth("first")
			all := w.handOut("first", "second")
			w.wantNeither("first")
			w.wantBoth("second")
			w.restore(first)
			w.wantNeither("first")
			w.acknowledge(all...)
			w.restore(first, cachedFor(driver.Record{ID: "first"}, w.urlTTL))
			w.wantNeither("first")
			w.restore(cachedFor(driver.Record{ID: "first", Remaining: w.ttl}, w.urlTTL))
			w.wantBoth("first")
		}},

		{"R11", "everything is carried to another store, and on", timed, func(c *check) {
			w := c.restoring()
			between := w.ttl * 9 / 16 // nothing ends just then
			want := w.everything()
			w.restore(want...)
			for range 2 {
				w.wantDump(want...)
				carried, late := w.dump(), w.late()
				w.pass(between)
				for i := range want {
					want[i] = want[i].After(between)
				}
				w.wantDump(want...)
				c.open(store.TTLs{})
				w = c.restoring()
				for _, r := range carried {
					w.restore(r.After(between + c.late() - late))
				}
			}
			w.wantDump(want...)
		}},

		{"R11", "a record that is restored again changes nothing", timed, func(c *check) {
			w := c.restoring()
			all := w.everything()
			w.restore(all...)
			w.pass(w.ttl / 4)
			for i := range all {
				all[i] = all[i].After(w.ttl / 4)
			}
			leased := w.handOut("expired", "silent")
			w.acknowledge(leased[0])
			w.restore(all...)
			w.restore(all...)
			w.wantPending("adopted", "delayed", "silent")
			w.wantHeld(leased[1])
			w.claim()
			w.wantNeither("silent")
			w.wantBoth("alive")
			w.wantOnline("alive", "long", "withdrawn")
		}},

		{"R11", "a record that can never be is refused before anything is done", atOnce, func(c *check) {
			w := c.restorer()
			w.cacheBoth("a")
			url := driver.CachedURL{URL: urlOf("new"), Remaining: w.urlTTL}
			wrong := map[string]driver.Record{
				"a life of less than nothing":   {Remaining: -1},
				"a life that is too long":       {Remaining: store.MaxTTL + 1},
				"a life and a death":            {Remaining: w.ttl, Death: &driver.DeathRecord{}},
				"a death to come":               {Death: &driver.DeathRecord{Ago: -1}},
				"a delay of less than nothing":  {Death: &driver.DeathRecord{Delay: -1}},
				"attempts of less than nothing": {Death: &driver.DeathRecord{Attempt: -1}},
				"a withdrawal to come":          {Remaining: w.ttl, Withdrawn: -1},
				"a URL for no time":             {URL: driver.CachedURL{URL: url.URL}},
				"a URL for too long":            {InternalURL: driver.CachedURL{URL: url.URL, Remaining: store.MaxTTL + 1}},
				"a URL that is none":            {InternalURL: driver.CachedURL{URL: "no URL", Remaining: w.urlTTL}},
			}
			for what, r := range wrong {
				r.ID = "wrong"
				err := need[driver.Restorer](w.check).Restore(w.ctx, []driver.Record{{ID: "right", Remaining: w.ttl, URL: url}, {ID: "a", URL: url}, r})
				if err == nil {
					w.fail("Restore of %s succeeds, want %q", what, store.ErrInvalid)
				}
				w.wantError("Restore", "wrong", err, store.ErrInvalid)
			}
			w.wantOffline("right", "wrong")
			w.wantNeither("right", "wrong")
			w.wantBoth("a")
			w.restore()
		}},

		{"R11", "a workspace that is seen restored has its URLs", atOnce, func(c *check) {
			w := c.restorer()
			w.stopTiming()
			record := cachedFor(driver.Record{ID: "a", Remaining: store.MaxTTL}, store.MaxTTL)
			c.isOneStep(func() { w.restore(record) })
		}},

		// A store that is never full takes the record.
		{"R11", "a refused record is restored in no part", timed, func(c *check) {
			w := c.restorer()
			taken, _ := w.fill("crowd", smallCrowd)
			err := need[driver.Restorer](w.check).Restore(w.ctx, []driver.Record{cachedFor(driver.Record{ID: "later", Remaining: w.ttl}, w.urlTTL)})
			if err != nil {
				w.wantError("Restore", "later", err, store.ErrFull)
				w.wantOffline("later")
				w.wantNeither("later")
			}
			w.wantOnline(taken...)
			w.restore(driver.Record{ID: taken[0], Remaining: 2 * w.ttl})
			w.wantOnlineFor(2*w.ttl, taken[0])
		}},
	}
}

// everything returns a record of each kind.
func (w records) everything() []driver.Record {
	return []driver.Record{
		cachedFor(driver.Record{ID: "alive", Remaining: w.ttl * 3 / 4}, w.urlTTL),
		driver.Record{ID: "long", Remaining: 3 * w.ttl},
		driver.Record{ID: "withdrawn", Remaining: w.ttl, Withdrawn: w.ttl},
		cachedFor(driver.Record{ID: "cached"}, w.urlTTL),
		cachedFor(dead("silent", w.ttl), w.urlTTL),
		changed(dead("delayed", 2*w.ttl), func(d *driver.DeathRecord) { d.Attempt, d.Delay = 1, w.ttl }),
		changed(dead("expired", 0), func(d *driver.DeathRecord) { d.Expired = true }),
		changed(dead("adopted", -w.ttl), func(d *driver.DeathRecord) { d.Adopted, d.Delay = true, w.ttl }),
	}
}

package conformance

import "time"

// unsweptChecks are those of R5: days without a sweep.
func unsweptChecks() []entry {
	return []entry{
		// Most of a day passes without a sweep, again and again.
		{"R5", "a time without a sweep does not count towards that day", timed, func(c *check) { c.notCounted((*watch).gap) }},

		{"R5", "a time for which the store was closed does not count towards that day", timed, func(c *check) { c.notCounted((*watch).reopen) }},

		{"R5", "a workspace that is heard from through days without a sweep has a death when it falls silent", timed, func(c *check) {
			c.heardFromUnswept((*watch).gap)
		}},

		{"R5", "a workspace that is heard from through days without a sweep has a death when the store is opened again", timed, func(c *check) {
			c.heardFromUnswept((*watch).reopen)
		}},

		// The workspace is silent for less than a day of a longer gap.
		{"R5", "a workspace that was silent for less than that day has a death, however long no sweep came", timed, func(c *check) {
			w, day := c.keeping()
			w.setOnline("a")
			w.sweep()
			w.hear(map[string]func(string){"a": func(id string) { w.refresh(id) }}, day/4)
			w.gap(day * 7 / 8)
			w.wantAllKept("a")
		}},

		{"R5", "a workspace that expired less than that day ago has a death, however long no sweep came", timed, func(c *check) {
			w, day := c.keeping()
			e := c.expirer()
			w.setOnline("a")
			w.sweep()
			w.hear(map[string]func(string){"a": func(id string) { w.refresh(id) }}, day/4)
			e.expire("a")
			w.gap(day * 7 / 8)
			w.sweep()
			w.justAfter(w.in(w.ttl))
			w.wantKept(1, 0)
			w.wantExpired(true, w.claim("a")...)
		}},
	}
}

// heardFromUnswept has workspaces be heard from for more than a day without a sweep, and die
// just before the first one.
func (c *check) heardFromUnswept(away func(w *watch, d time.Duration)) {
	w, day := c.keeping()
	beats := w.heartbeats()
	ids := sortedKeys(beats)
	w.setOnline(ids...)
	w.sweep()
	w.hear(beats, day+day/8)
	away(w, w.ttl+w.after())
	w.wantAllKept(ids...)
}

// wantAllKept wants the next sweep to detect these workspaces, and their deaths
// to be leased after the grace.
func (w *watch) wantAllKept(ids ...string) {
	w.wantOffline(ids...)
	w.wantDetected(ids...)
	w.wantKept(len(ids), 0)
	w.claim()
	w.justAfter(w.in(w.ttl))
	w.wantKept(len(ids), 0)
	w.wantAttempt(1, w.claim(ids...)...)
}

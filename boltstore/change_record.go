package boltstore

import (
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
)

// takeIn is Restore of one record.
type takeIn struct {
	about
	entry  roster.Entry
	effect roster.Effect
}

func (c *takeIn) asks() bool { return true }

func (c *takeIn) grows(k *committer) bool {
	_, held := k.table.of[c.id]
	return !held || c.entry.URLs[0].URL != "" || c.entry.URLs[1].URL != ""
}

func (c *takeIn) write(k *committer, t *txn, now time.Duration) error {
	e := c.entry
	c.effect = k.memory.roster.EffectOf(e)
	if c.effect.Life {
		var m *mark
		if e.Since != e.Until {
			m = &mark{since: e.Since, granted: e.Until}
		}
		if err := k.grant(t, c.id, e.Until, m); err != nil {
			return err
		}
	}
	if c.effect.Death {
		m := &mark{
			attempt: uint32(e.Death.Attempt), expired: e.Death.Expired, adopted: e.Death.Adopted, restored: true,
			since: e.Death.Since, granted: now,
		}
		if err := k.die(t, c.id, e.Death.Deadline, m); err != nil {
			return err
		}
	}
	for i, kind := range []bucket{public, internal} {
		if !c.caches(k, i) {
			continue
		}
		if err := t.put(kind, c.key(), encodeURL(c.url(i))); err != nil {
			return err
		}
	}
	return nil
}

// apply changes nothing that write did not. Heartbeats and sweeps in between may
// have made less of it necessary.
func (c *takeIn) apply(k *committer, _ time.Duration) {
	if !c.effect.Life {
		c.entry.Until = 0
	}
	if !c.effect.Death {
		c.entry.Death = nil
	}
	life, _ := k.memory.roster.Restore(c.entry, func() {
		for i, kind := range []bucket{public, internal} {
			if c.caches(k, i) {
				k.memory.kind(kind).put(c.id, c.url(i))
			}
		}
	})
	if c.effect.Life && life != nil {
		k.table.lives(c.id, life)
	}
}

// caches reports whether a URL is to be cached: it is readable for longer than
// the one that is there.
func (c *takeIn) caches(k *committer, i int) bool {
	u := k.memory.kind([]bucket{public, internal}[i])
	return c.effect.URLs && c.entry.URLs[i].URL != "" && u.of[c.id].deadline < c.entry.URLs[i].Until
}

func (c *takeIn) url(i int) cached {
	return cached{c.entry.URLs[i].URL, c.entry.URLs[i].Until}
}

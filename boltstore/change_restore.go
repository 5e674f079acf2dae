package boltstore

import (
	"maps"
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
)

// restore is a change by Restore, of one workspace.
type restore struct {
	target
	entry  roster.Entry
	effect roster.Effect
}

func (c *restore) readsMemory() bool { return true }

func (c *restore) needsRoom(k *committer) bool {
	return k.isNew(c.id) || c.entry.URL.URL != "" || c.entry.InternalURL.URL != ""
}

func (c *restore) write(k *committer, t *txn, now time.Duration) error {
	e := c.entry
	c.effect = k.memory.roster.EffectOf(e)
	if c.effect.Life {
		s := slot{id: c.id, until: e.Until}
		if e.Since != e.Until {
			s.mark = &mark{since: e.Since, grantedUntil: e.Until}
		}
		if err := k.putSlot(t, s); err != nil {
			return err
		}
	}
	if d := e.Death; c.effect.Death {
		m := &mark{attempt: uint32(d.Attempt), expired: d.Expired, adopted: d.Adopted, restored: true, since: d.Since, keptSince: now}
		if err := k.putSlot(t, slot{id: c.id, until: d.Deadline, final: true, mark: m}); err != nil {
			return err
		}
	}
	for kind, url := range c.urls(k) {
		if err := t.putURL(kind, c.id, url); err != nil {
			return err
		}
	}
	return nil
}

// apply changes nothing that write did not. Heartbeats and sweeps in between may
// have made less of it necessary.
func (c *restore) apply(k *committer, _ time.Duration) {
	if !c.effect.Life {
		c.entry.Until = 0
	}
	if !c.effect.Death {
		c.entry.Death = nil
	}
	life, _ := k.memory.roster.Restore(c.entry, func() {
		for kind, url := range c.urls(k) {
			k.memory.kind(kind).put(c.id, url)
		}
	})
	if c.effect.Life && life != nil {
		k.table.setLife(c.id, life)
	}
}

// urls returns the URLs that are to be cached: each is readable for longer than the cached
// one of its kind.
func (c *restore) urls(k *committer) map[bucket]roster.CachedURL {
	urls := map[bucket]roster.CachedURL{public: c.entry.URL, internal: c.entry.InternalURL}
	maps.DeleteFunc(urls, func(kind bucket, url roster.CachedURL) bool {
		return !c.effect.URLs || url.Until <= k.memory.kind(kind).byID[c.id].Until
	})
	return urls
}

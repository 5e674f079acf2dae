package boltstore

import (
	"errors"
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
)

// setOnline is a change by SetOnline, SetOnlineFor or Register.
type setOnline struct {
	target
	once             bool // by SetOnlineFor
	ttl, urlTTL      time.Duration
	url, internalURL string // "": none
}

func (c *setOnline) needsRoom(k *committer) bool {
	return k.isNew(c.id) || c.url != "" || c.internalURL != ""
}

func (c *setOnline) write(k *committer, t *txn, now time.Duration) error {
	return errors.Join(
		k.putSlot(t, slot{id: c.id, until: now + c.ttl}),
		t.putURL(public, c.id, roster.CachedURL{URL: c.url, Until: now + c.urlTTL}),
		t.putURL(internal, c.id, roster.CachedURL{URL: c.internalURL, Until: now + c.urlTTL}),
	)
}

func (c *setOnline) apply(k *committer, now time.Duration) {
	if c.once {
		k.table.setLife(c.id, k.memory.roster.SetFor(c.id, c.ttl))
		return
	}
	life := k.memory.roster.Set(c.id, c.ttl, func(time.Duration) {
		k.memory.public.put(c.id, roster.CachedURL{URL: c.url, Until: now + c.urlTTL})
		k.memory.internal.put(c.id, roster.CachedURL{URL: c.internalURL, Until: now + c.urlTTL})
	})
	k.table.setLife(c.id, life)
}

type expire struct {
	target
	did bool
}

func (c *expire) readsMemory() bool { return true }

func (c *expire) write(k *committer, t *txn, now time.Duration) error {
	c.did = k.memory.roster.Remaining(c.id) > 0
	if !c.did {
		return nil
	}
	return k.putSlot(t, slot{id: c.id, until: now, final: true, mark: &mark{expired: true, since: k.table.since(c.id, now)}})
}

func (c *expire) apply(k *committer, now time.Duration) {
	if c.did {
		k.memory.roster.Expire(c.id, now)
	}
}

type clearWorkspace struct{ target }

func (c *clearWorkspace) write(k *committer, t *txn, _ time.Duration) error {
	return errors.Join(k.removeID(t, c.id), t.deleteURLs(c.key()))
}

func (c *clearWorkspace) apply(k *committer, _ time.Duration) {
	k.memory.roster.Remove(c.id, func() { k.memory.removeURLs(c.id) })
}

// cacheURL is a change by CacheURL or CacheInternalURL.
type cacheURL struct {
	target
	kind bucket
	ttl  time.Duration
	url  string
}

func (c *cacheURL) needsRoom(*committer) bool { return true }

func (c *cacheURL) write(_ *committer, t *txn, now time.Duration) error {
	return t.putURL(c.kind, c.id, roster.CachedURL{URL: c.url, Until: now + c.ttl})
}

func (c *cacheURL) apply(k *committer, now time.Duration) {
	k.memory.roster.Update(c.id, func(time.Duration) {
		k.memory.kind(c.kind).put(c.id, roster.CachedURL{URL: c.url, Until: now + c.ttl})
	})
}

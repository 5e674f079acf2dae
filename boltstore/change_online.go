package boltstore

import (
	"errors"
	"time"
)

// setOnline is SetOnline, SetOnlineFor and, with URLs, Register.
type setOnline struct {
	about
	once             bool // the TTL is for once
	ttl, urlTTL      time.Duration
	url, internalURL string // "": none
}

func (c *setOnline) grows(k *committer) bool {
	_, held := k.table.of[c.id]
	return !held || c.url != "" || c.internalURL != ""
}

func (c *setOnline) write(k *committer, t *txn, now time.Duration) error {
	if err := k.grant(t, c.id, now+c.ttl, nil); err != nil {
		return err
	}
	if c.url != "" {
		if err := t.put(public, c.key(), encodeURL(cached{c.url, now + c.urlTTL})); err != nil {
			return err
		}
	}
	if c.internalURL != "" {
		return t.put(internal, c.key(), encodeURL(cached{c.internalURL, now + c.urlTTL}))
	}
	return nil
}

func (c *setOnline) apply(k *committer, now time.Duration) {
	if c.once {
		k.table.lives(c.id, k.memory.roster.SetFor(c.id, c.ttl))
		return
	}
	life := k.memory.roster.Set(c.id, c.ttl, func(time.Duration) {
		if c.url != "" {
			k.memory.public.put(c.id, cached{c.url, now + c.urlTTL})
		}
		if c.internalURL != "" {
			k.memory.internal.put(c.id, cached{c.internalURL, now + c.urlTTL})
		}
	})
	k.table.lives(c.id, life)
}

// expire is Expire.
type expire struct {
	about
	did bool
}

func (c *expire) asks() bool { return true }

func (c *expire) write(k *committer, t *txn, now time.Duration) error {
	c.did = k.memory.roster.Remaining(c.id) > 0
	if !c.did {
		return nil
	}
	return k.die(t, c.id, now, &mark{expired: true, since: k.table.since(c.id, now)})
}

func (c *expire) apply(k *committer, now time.Duration) {
	if c.did {
		k.memory.roster.Expire(c.id, now)
	}
}

// clearAll is Clear.
type clearAll struct{ about }

func (c *clearAll) write(k *committer, t *txn, _ time.Duration) error {
	return errors.Join(k.release(t, c.id), t.deleteURLs(c.key()))
}

func (c *clearAll) apply(k *committer, _ time.Duration) {
	k.memory.roster.Remove(c.id, func() { k.memory.forgetURLs(c.id) })
}

// cacheURL is CacheURL and CacheInternalURL.
type cacheURL struct {
	about
	kind bucket
	ttl  time.Duration
	url  string
}

func (c *cacheURL) grows(*committer) bool { return true }

func (c *cacheURL) write(_ *committer, t *txn, now time.Duration) error {
	return t.put(c.kind, c.key(), encodeURL(cached{c.url, now + c.ttl}))
}

func (c *cacheURL) apply(k *committer, now time.Duration) {
	k.memory.cache(c.kind, c.id, cached{c.url, now + c.ttl})
}

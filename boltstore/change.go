package boltstore

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// change is one call that waits to be on the disk.
type change struct {
	kind     kind
	id       string
	ttl      time.Duration
	url      string
	death    store.Death
	old, new string // notes
	state    atomic.Int32
	done     chan error

	// The answer, to be read once done has told that there is no error.
	did  bool
	note string
}

type kind int

const (
	setOnline kind = iota
	cacheURL
	cacheInternalURL
	clearAll
	acknowledge
	disown
	setNote
)

// The states of a change. It leaves waiting once.
const (
	waiting int32 = iota
	taken
	abandoned
)

func newChange(k kind, id string) *change {
	return &change{kind: k, id: id, done: make(chan error, 1)}
}

// asks reports whether what the change does depends on what is known of the
// workspace.
func (c *change) asks() bool { return c.kind == acknowledge || c.kind == disown }

// abandon makes sure that a change which was not taken yet has no effect.
func (c *change) abandon() { c.state.CompareAndSwap(waiting, abandoned) }

func (c *change) take() bool { return c.state.CompareAndSwap(waiting, taken) }

// grows reports whether a change needs room that may not be there.
func (k *committer) grows(c *change) bool {
	switch c.kind {
	case setOnline:
		_, held := k.table.of[c.id]
		return !held
	case cacheURL, cacheInternalURL:
		return true
	}
	return false
}

// write makes a change within a transaction.
func (k *committer) write(t *txn, c *change, now time.Duration) error {
	key := []byte(c.id)
	switch c.kind {
	case setOnline:
		n, fresh := k.table.grant(c.id, now+c.ttl)
		if !fresh {
			return nil
		}
		return t.put(ids, key, encodeSlot(n))
	case cacheURL:
		return t.put(public, key, encodeURL(cached{c.url, now + c.ttl}))
	case cacheInternalURL:
		return t.put(internal, key, encodeURL(cached{c.url, now + c.ttl}))
	case setNote:
		if t.note == c.old {
			t.note = c.new
		}
		return nil
	case acknowledge:
		c.did = k.memory.roster.Begin(c.death)
	case disown:
		c.did = k.memory.roster.Remaining(c.id) == 0
	case clearAll:
		c.did = true
	}
	if !c.did {
		return nil
	}
	k.table.release(c.id)
	return errors.Join(t.delete(ids, key), t.delete(public, key), t.delete(internal, key))
}

// abort gives back the deaths that were about to be acknowledged.
func (k *committer) abort(batch []*change) {
	for _, c := range batch {
		if c.kind == acknowledge && c.did {
			k.memory.roster.Abort(c.id)
		}
	}
}

// apply makes a change in memory that is on the disk.
func (k *committer) apply(c *change, now time.Duration) {
	switch c.kind {
	case setOnline:
		life := k.memory.roster.Set(c.id, c.ttl)
		if n, held := k.table.of[c.id]; held { // and was not cleared in the same batch
			k.table.slots[n].life = life
		}
	case cacheURL:
		k.memory.cache(&k.memory.public, c.id, cached{c.url, now + c.ttl})
	case cacheInternalURL:
		k.memory.cache(&k.memory.internal, c.id, cached{c.url, now + c.ttl})
	case clearAll:
		k.memory.clear(c.id)
	case acknowledge:
		c.did = c.did && k.memory.acknowledge(c.id)
	case disown:
		if c.did {
			k.memory.disown(c.id)
		}
	case setNote:
		c.note = k.memory.roster.Note(c.old, c.new)
	}
}

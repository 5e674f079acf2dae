package boltstore

import (
	"errors"
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// byHolder is a change by the holder of a lease. Until it is applied or undone, the death
// is pinned: no sweep and no claim takes it from the holder.
type byHolder struct {
	target
	death    driver.Death
	standing driver.Standing // the answer
}

func (c *byHolder) readsMemory() bool { return true }

// pin pins the death, if the standing is Held, and returns it.
func (c *byHolder) pin(k *committer, closing bool) (death roster.Death) {
	death, c.standing = k.memory.roster.Pin(c.death, closing)
	return death
}

func (c *byHolder) undo(k *committer) {
	if c.standing == driver.Held {
		k.memory.roster.Unpin(c.death)
	}
}

type begin struct{ byHolder }

func (c *begin) write(k *committer, t *txn, _ time.Duration) error {
	death := c.pin(k, false)
	if c.standing != driver.Held {
		return nil
	}
	m := &mark{attempt: uint32(death.Attempt + 1), expired: death.Expired, adopted: death.Adopted, since: death.Since}
	err := k.putSlot(t, slot{id: c.id, until: death.Deadline, final: true, mark: m})
	if err != nil || death.Attempt > 0 {
		return err
	}
	return t.deleteURLs(c.key())
}

func (c *begin) apply(k *committer, _ time.Duration) {
	c.standing = k.memory.roster.Begin(c.death, func() { k.memory.removeURLs(c.id) })
}

type acknowledge struct {
	byHolder
	did bool
}

func (c *acknowledge) write(k *committer, t *txn, _ time.Duration) error {
	c.pin(k, true)
	if c.standing != driver.Held {
		return nil
	}
	return k.removeID(t, c.id)
}

func (c *acknowledge) apply(k *committer, _ time.Duration) {
	c.did = k.memory.roster.Acknowledge(c.death)
}

type withdraw struct {
	byHolder
	ttl time.Duration
	did bool
}

func (c *withdraw) write(k *committer, t *txn, now time.Duration) error {
	death := c.pin(k, true)
	if c.standing != driver.Held {
		return nil
	}
	until := now + c.ttl
	return k.putSlot(t, slot{id: c.id, until: until, mark: &mark{since: death.Since, grantedUntil: until}})
}

func (c *withdraw) apply(k *committer, now time.Duration) {
	life, did := k.memory.roster.Withdraw(c.death, now+c.ttl)
	c.did = did
	if life != nil {
		k.table.setLife(c.id, life)
	}
}

type adopt struct {
	target
	due         time.Time
	did, recent bool
}

func (c *adopt) readsMemory() bool { return true }

func (c *adopt) needsRoom(k *committer) bool {
	return k.isNew(c.id)
}

func (c *adopt) write(k *committer, t *txn, now time.Duration) error {
	if c.did, c.recent = k.memory.roster.Adoptable(c.id); !c.did {
		return nil
	}
	due := min(max(now, c.due.Sub(k.time.began)), now+store.MaxTTL) // a block of deadlines holds no more
	return k.putSlot(t, slot{id: c.id, until: due, final: true, mark: &mark{adopted: true, since: due}})
}

func (c *adopt) apply(k *committer, _ time.Duration) {
	if c.did {
		k.memory.roster.Adopt(c.id, c.due)
	}
}

type forget struct {
	target
	did bool
}

func (c *forget) readsMemory() bool { return true }

func (c *forget) write(k *committer, t *txn, _ time.Duration) error {
	c.did = k.memory.roster.Forgettable(c.id)
	if !c.did {
		return nil
	}
	return errors.Join(k.removeID(t, c.id), t.deleteURLs(c.key()))
}

// apply forgets also a death that was claimed in the meantime, since the file has: the
// lease outlives it.
func (c *forget) apply(k *committer, _ time.Duration) {
	if c.did {
		k.memory.roster.Remove(c.id, func() { k.memory.removeURLs(c.id) })
	}
}

// setNote is a change by Note.
type setNote struct {
	target
	old, note string
	answer    string
}

func (c *setNote) write(_ *committer, t *txn, _ time.Duration) error {
	if t.note == c.old {
		t.note = c.note
	}
	return nil
}

func (c *setNote) apply(k *committer, _ time.Duration) {
	c.answer = k.memory.roster.Note(c.old, c.note)
}

package boltstore

import (
	"errors"
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// held is a change by the holder of a lease. While it is on the way the death
// is pinned to the holder.
type held struct {
	about
	death    driver.Death
	standing driver.Standing // the answer
}

func (c *held) asks() bool { return true }

// pin pins the death, if the standing is Held, and returns it.
func (c *held) pin(k *committer, closing bool) (death roster.Death) {
	death, c.standing = k.memory.roster.Pin(c.death, closing)
	return death
}

func (c *held) undo(k *committer) {
	if c.standing == driver.Held {
		k.memory.roster.Unpin(c.death)
	}
}

// begin is Begin.
type begin struct{ held }

func (c *begin) write(k *committer, t *txn, _ time.Duration) error {
	death := c.pin(k, false)
	if c.standing != driver.Held {
		return nil
	}
	m := &mark{attempt: uint32(death.Attempt + 1), expired: death.Expired, adopted: death.Adopted, since: death.Since}
	if err := k.die(t, c.id, death.Deadline, m); err != nil || death.Attempt > 0 {
		return err
	}
	return t.deleteURLs(c.key())
}

func (c *begin) apply(k *committer, _ time.Duration) {
	c.standing = k.memory.roster.Begin(c.death, func() { k.memory.forgetURLs(c.id) })
}

// acknowledge is Acknowledge.
type acknowledge struct {
	held
	did bool
}

func (c *acknowledge) write(k *committer, t *txn, _ time.Duration) error {
	c.pin(k, true)
	if c.standing != driver.Held {
		return nil
	}
	return k.release(t, c.id)
}

func (c *acknowledge) apply(k *committer, _ time.Duration) {
	c.did = k.memory.roster.Acknowledge(c.death)
}

// withdraw is Withdraw.
type withdraw struct {
	held
	ttl time.Duration
	did bool
}

func (c *withdraw) write(k *committer, t *txn, now time.Duration) error {
	death := c.pin(k, true)
	if c.standing != driver.Held {
		return nil
	}
	return k.grant(t, c.id, now+c.ttl, &mark{since: death.Since, granted: now + c.ttl})
}

func (c *withdraw) apply(k *committer, now time.Duration) {
	life, did := k.memory.roster.Withdraw(c.death, now+c.ttl)
	c.did = did
	if life != nil {
		k.table.lives(c.id, life)
	}
}

// adopt is Adopt of one workspace.
type adopt struct {
	about
	due         time.Time
	did, recent bool
}

func (c *adopt) asks() bool { return true }

func (c *adopt) grows(k *committer) bool {
	_, held := k.table.of[c.id]
	return !held
}

func (c *adopt) write(k *committer, t *txn, now time.Duration) error {
	if c.did, c.recent = k.memory.roster.Adoptable(c.id); !c.did {
		return nil
	}
	due := min(max(now, c.due.Sub(k.time.began)), now+store.MaxTTL) // a page has room for no more
	return k.die(t, c.id, due, &mark{adopted: true, since: due})
}

func (c *adopt) apply(k *committer, _ time.Duration) {
	if c.did {
		k.memory.roster.Adopt(c.id, c.due)
	}
}

// forget is Forget of one workspace.
type forget struct {
	about
	did bool
}

func (c *forget) asks() bool { return true }

func (c *forget) write(k *committer, t *txn, _ time.Duration) error {
	c.did = k.memory.roster.Forgettable(c.id)
	if !c.did {
		return nil
	}
	return errors.Join(k.release(t, c.id), t.deleteURLs(c.key()))
}

func (c *forget) apply(k *committer, _ time.Duration) {
	if c.did {
		k.memory.roster.Forget(c.id, func() { k.memory.forgetURLs(c.id) })
	}
}

// setNote is Note.
type setNote struct {
	about
	old, new string
	note     string // the answer
}

func (c *setNote) write(_ *committer, t *txn, _ time.Duration) error {
	if t.note == c.old {
		t.note = c.new
	}
	return nil
}

func (c *setNote) apply(k *committer, _ time.Duration) {
	c.note = k.memory.roster.Note(c.old, c.new)
}

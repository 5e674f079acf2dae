package boltstore

import (
	"strings"
	"sync/atomic"
	"time"
)

// change is the effect of one call, in the file and then in memory. The committer
// calls write within a transaction, and then, if that is on the disk, apply,
// otherwise undo.
type change interface {
	workspace() string // "" if there is none
	write(k *committer, t *txn, now time.Duration) error
	apply(k *committer, now time.Duration)
	undo(k *committer)

	// grows reports whether the change needs room that may not be there.
	grows(k *committer) bool

	// asks reports whether the effect of the change depends on memory's view of
	// the workspace, so that no change of it may be on the way.
	asks() bool
}

// about is the workspace of a change, and what most changes have in common.
type about struct{ id string }

// of returns about for a workspace. The id keeps nothing else in memory.
func of(id string) about { return about{strings.Clone(id)} }

func (a about) workspace() string     { return a.id }
func (a about) key() []byte           { return []byte(a.id) }
func (a about) undo(*committer)       {}
func (a about) asks() bool            { return false }
func (a about) grows(*committer) bool { return false }

// call is a change whose caller waits for it.
type call struct {
	change
	state atomic.Int32
	done  chan error
}

// The states of a call. It leaves waiting once.
const (
	waiting int32 = iota
	taken
	abandoned
)

func newCall(c change) *call { return &call{change: c, done: make(chan error, 1)} }

// abandon makes sure that a call which was not taken yet has no effect.
func (c *call) abandon() { c.state.CompareAndSwap(waiting, abandoned) }

func (c *call) take() bool { return c.state.CompareAndSwap(waiting, taken) }

// grant gives a workspace a life until a deadline.
func (k *committer) grant(t *txn, id string, until time.Duration, m *mark) error {
	if !k.table.grant(id, until, m) {
		return nil
	}
	return t.put(ids, []byte(id), encodeSlot(k.table.of[id], m))
}

// die ends the life of a workspace at a deadline.
func (k *committer) die(t *txn, id string, until time.Duration, m *mark) error {
	if !k.table.die(id, until, m) {
		return nil
	}
	return t.put(ids, []byte(id), encodeSlot(k.table.of[id], m))
}

// release forgets the life or the death of a workspace.
func (k *committer) release(t *txn, id string) error {
	if !k.table.release(id) {
		return nil
	}
	return t.delete(ids, []byte(id))
}

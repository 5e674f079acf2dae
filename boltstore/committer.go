package boltstore

import (
	"errors"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// committer is the one goroutine that touches the file. What it commits it
// then does in memory, in the same order, and only then the callers return.
type committer struct {
	file       *file
	table      *table
	memory     *memory
	time       timeline
	queue      *queue
	broken     *atomic.Pointer[error]
	checkpoint time.Duration
	log        *slog.Logger
	noRoom     bool          // was told to the log
	compactAt  time.Duration // not before, after a failure
}

func newCommitter(f *file, c *contents, o Options) *committer {
	t, m := c.restore(o)
	return &committer{
		file:       f,
		table:      c.table,
		memory:     m,
		time:       t,
		checkpoint: o.Checkpoint,
		log:        o.Logger,
	}
}

// run works until the queue is closed and empty, and closes the file.
func (k *committer) run() error {
	debug.SetPanicOnFault(true) // a page that the disk cannot read is a fault
	// Early enough to be done in time.
	ticker := time.NewTicker(k.checkpoint - min(k.checkpoint/4, 100*time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			k.followMemory()
		default:
		}
		served, closed := k.serveNext()
		if closed {
			break
		}
		if served {
			continue
		}
		select {
		case <-k.queue.wake:
		case <-ticker.C:
			k.followMemory()
		}
	}
	err := k.closeCleanly()
	return errors.Join(err, k.file.close())
}

// serveNext serves the callers that wait, up to a bound, and reports whether
// there were any, and whether there will be no more.
func (k *committer) serveNext() (served, closed bool) {
	const most = 1024 // changes in one transaction
	batch, closed := k.queue.take(most)
	if len(batch) == 0 {
		return false, closed
	}
	k.serve(batch)
	return true, false
}

// serve commits a batch. If there is no room for all of it, what needs none
// is committed piece by piece.
func (k *committer) serve(batch []*change) {
	err := k.commitWithRoom(batch)
	if errors.Is(err, errNoRoom) {
		for _, c := range batch {
			if k.grows(c) {
				c.done <- err
			} else if err := k.commit([]*change{c}); err != nil {
				c.done <- err
			}
		}
		return
	}
	if err != nil {
		for _, c := range batch {
			c.done <- err
		}
	}
}

func (k *committer) commitWithRoom(batch []*change) error {
	for _, c := range batch {
		if k.grows(c) {
			err := k.file.makeRoom()
			if err == nil {
				err = k.commit(batch)
			}
			return k.roomFor(err)
		}
	}
	return k.commit(batch)
}

// roomFor tells the log when the disk becomes full, and when there is room
// again.
func (k *committer) roomFor(err error) error {
	switch none := errors.Is(err, errNoRoom); {
	case none && !k.noRoom:
		k.noRoom = true
		k.log.Warn("liveness: no room on the disk: new workspaces and URLs are refused", "path", k.file.path, "error", err)
	case err == nil && k.noRoom:
		k.noRoom = false
		k.log.Info("liveness: there is room on the disk again", "path", k.file.path)
	}
	return k.watch(err)
}

// watch tells the log, once, when the file is broken.
func (k *committer) watch(err error) error {
	if k.file.broken != nil && k.broken.Load() == nil {
		k.broken.Store(&k.file.broken)
		k.log.Error("liveness: the file cannot be written any more; reads and heartbeats go on", "path", k.file.path, "error", err)
	}
	return err
}

// commit makes the changes durable and then visible. If it fails, nothing has
// changed and nobody was answered.
func (k *committer) commit(batch []*change) error {
	now := k.time.now()
	err := k.update(now, false, func(t *txn) error {
		for _, c := range batch {
			if err := k.write(t, c, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		k.abort(batch)
		return err
	}
	for _, c := range batch {
		k.apply(c, now)
		c.done <- nil
	}
	return nil
}

// update runs a transaction that also writes the pages that fill made dirty.
func (k *committer) update(now time.Duration, clean bool, fill func(*txn) error) error {
	s := k.stamp(now)
	s.clean = clean
	err := k.file.update(s, func(t *txn) error {
		if err := fill(t); err != nil {
			return err
		}
		return k.table.writeDirty(t, now)
	})
	if err != nil {
		k.table.rollback()
		return k.watch(err)
	}
	k.table.commit()
	return nil
}

// stamp returns what a transaction at now says about the time and the sweeps.
func (k *committer) stamp(now time.Duration) stamp {
	s, state := k.time.stamp(now), k.memory.roster.State()
	s.checkpoint = k.checkpoint
	s.tick, s.ticked, s.graceEnd, s.adopted = state.Tick, state.Ticked, state.GraceEnd, state.Adopted
	return s
}

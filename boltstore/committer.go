package boltstore

import (
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"
)

// committer is the one goroutine that touches the file. It makes the changes of a batch of
// calls in the file, then in memory, in the same order; then the callers return. From time
// to time it makes a checkpoint.
type committer struct {
	file           *file
	table          *table
	memory         *memory
	time           timeline
	queue          *queue
	broken         *atomic.Pointer[error] // as file.broken, for other goroutines
	checkpoint     time.Duration          // Options.Checkpoint
	log            *slog.Logger
	nextCheckpoint time.Duration // when it is due
	idleUntil      time.Duration // until then no checkpoint is needed, unless a call comes
	slowest        time.Duration // transaction; each checkpoint lowers it a little
	removed        bool          // a transaction has removed data since the last checkpoint
	noRoomLogged   bool          // since the disk became full
	compactAt      time.Duration // the file is not made smaller before; set by a failure
}

func newCommitter(f *file, c *contents, o Options, h host) *committer {
	t, m := c.load(o, h.clock)
	return &committer{
		file:       f,
		table:      c.table,
		memory:     m,
		time:       t,
		checkpoint: o.Checkpoint,
		log:        o.Logger,
	}
}

// run serves calls and makes checkpoints until the queue is closed and empty. Then it
// closes the file.
func (k *committer) run() error {
	debug.SetPanicOnFault(true) // a page that the disk cannot read is a fault
	k.nextCheckpoint = k.time.now() + k.interval(1)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if k.time.now() >= k.nextCheckpoint {
			k.writeCheckpoint()
		}
		served, closed := k.serveNext()
		if closed {
			break
		}
		if served {
			continue
		}
		timer.Reset(max(k.nextCheckpoint, k.idleUntil) - k.time.now())
		select {
		case <-k.queue.wake:
		case <-timer.C:
		}
	}
	err := k.closeCleanly()
	return errors.Join(err, k.file.close())
}

// interval returns the time from the beginning of one checkpoint to that of the next. A
// deadline that moves just after the first is in the file within Options.Checkpoint, so
// the next begins ahead of that: by the time of its transactions, of the calls that are
// served after each of them, and of two transactions that may be under way.
func (k *committer) interval(transactions int) time.Duration {
	const least = 100 * time.Millisecond
	ahead := min(k.checkpoint/4, least) + time.Duration(2*transactions+2)*k.slowest
	return k.checkpoint - min(ahead, k.checkpoint/2)
}

// perCommit is how many changes one transaction makes at most.
const perCommit = 1024

// serveNext serves the calls that wait, up to perCommit. It reports whether there were any,
// and whether there will be no more.
func (k *committer) serveNext() (served, closed bool) {
	batch, closed := k.queue.take(perCommit)
	if len(batch) == 0 {
		return false, closed
	}
	k.serve(batch)
	k.idleUntil = 0
	return true, false
}

// serve commits a batch. If there is no room for all of it, the changes that need room are
// refused, and the others are committed in two parts.
func (k *committer) serve(batch []*call) {
	err := k.commitWithRoom(batch)
	if err == nil {
		return
	}
	split := errors.Is(err, errNoRoom) && len(batch) > 1
	var others []*call
	for _, c := range batch {
		if split && !c.needsRoom(k) {
			others = append(others, c)
		} else {
			c.done <- err
		}
	}
	for part := range slices.Chunk(others, max(1, (len(others)+1)/2)) {
		k.serve(part)
	}
}

func (k *committer) commitWithRoom(batch []*call) error {
	for _, c := range batch {
		if c.needsRoom(k) {
			err := k.file.makeRoom()
			if err == nil {
				err = k.commit(batch)
			}
			return k.logRoom(err)
		}
	}
	return k.commit(batch)
}

// logRoom logs once that the disk has become full, and once that it has room again.
func (k *committer) logRoom(err error) error {
	switch none := errors.Is(err, errNoRoom); {
	case none && !k.noRoomLogged:
		k.noRoomLogged = true
		k.log.Warn("liveness: no room on the disk: new workspaces and URLs are refused", "path", k.file.path, "error", err)
	case err == nil && k.noRoomLogged:
		k.noRoomLogged = false
		k.log.Info("liveness: there is room on the disk again", "path", k.file.path)
	}
	return k.logBroken(err)
}

// logBroken logs once that the file is broken.
func (k *committer) logBroken(err error) error {
	if k.file.broken != nil && k.broken.Load() == nil {
		k.broken.Store(&k.file.broken)
		k.log.Error("liveness: the file cannot be written any more; reads and heartbeats go on", "path", k.file.path, "error", err)
	}
	return err
}

// commit makes the changes durable and then visible. If it fails, nothing has
// changed in memory and no caller has an answer.
func (k *committer) commit(batch []*call) error {
	now := k.time.now()
	err := k.transact(now, false, func(t *txn) error {
		for _, c := range batch {
			if err := c.write(k, t, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for _, c := range batch {
			c.undo(k)
		}
		return err
	}
	for _, c := range batch {
		c.apply(k, now)
		c.done <- nil
	}
	return nil
}

// transact runs a transaction that ends with the blocks of deadlines that fill made dirty.
func (k *committer) transact(now time.Duration, clean bool, fill func(*txn) error) error {
	began := k.time.now()
	defer func() { k.slowest = max(k.slowest, k.time.now()-began) }()
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
		return k.logBroken(err)
	}
	k.table.commit()
	return nil
}

// stamp returns the stamp of a transaction at now, but for what file.update adds.
func (k *committer) stamp(now time.Duration) stamp {
	s, state := k.time.stamp(now), k.memory.roster.State()
	s.checkpoint = k.checkpoint
	s.tick, s.ticked, s.graceEnd = state.Tick, state.Ticked, state.GraceEnd
	s.forbidden = state.Forbidden
	return s
}

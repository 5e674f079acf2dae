package boltstore

import (
	"errors"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"
)

// committer is the one goroutine that touches the file. It makes changes in the
// file, then in memory, in the same order, and only then the callers return.
type committer struct {
	file       *file
	table      *table
	memory     *memory
	time       timeline
	queue      *queue
	broken     *atomic.Pointer[error]
	checkpoint time.Duration
	log        *slog.Logger
	next       time.Duration // when the next checkpoint is due
	rest       time.Duration // until then nothing falls due, unless a call comes
	slowest    time.Duration // transaction, of late
	forgot     bool          // there was a transaction that forgets since the last checkpoint
	noRoom     bool          // was logged
	compactAt  time.Duration // not before, after a failure
}

func newCommitter(f *file, c *contents, o Options, on seams) *committer {
	t, m := c.restore(o, on.clock)
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
	k.next = k.time.now() + k.interval(1)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if k.time.now() >= k.next {
			k.followMemory()
		}
		served, closed := k.serveNext()
		if closed {
			break
		}
		if served {
			continue
		}
		timer.Reset(max(k.next, k.rest) - k.time.now())
		select {
		case <-k.queue.wake:
		case <-timer.C:
		}
	}
	err := k.closeCleanly()
	return errors.Join(err, k.file.close())
}

// interval returns the time from the beginning of one checkpoint to that of the
// next: so much less than Options.Checkpoint that a deadline which moved just after
// the one is in the file by then. When a checkpoint of so many transactions is due,
// two others may be on the way, and a call may be served after each of its own.
func (k *committer) interval(transactions int) time.Duration {
	const least = 100 * time.Millisecond
	ahead := min(k.checkpoint/4, least) + time.Duration(2*transactions+2)*k.slowest
	return k.checkpoint - min(ahead, k.checkpoint/2)
}

// perCommit is how many changes one transaction makes at most.
const perCommit = 1024

// serveNext serves the callers that wait, up to a bound, and reports whether
// there were any, and whether there will be no more.
func (k *committer) serveNext() (served, closed bool) {
	batch, closed := k.queue.take(perCommit)
	if len(batch) == 0 {
		return false, closed
	}
	k.serve(batch)
	k.rest = 0
	return true, false
}

// serve commits a batch. If there is no room for all of it, what grows is refused, and
// the rest is committed in two parts.
func (k *committer) serve(batch []*call) {
	err := k.commitWithRoom(batch)
	if err == nil {
		return
	}
	split := errors.Is(err, errNoRoom) && len(batch) > 1
	var rest []*call
	for _, c := range batch {
		if split && !c.grows(k) {
			rest = append(rest, c)
		} else {
			c.done <- err
		}
	}
	for part := range slices.Chunk(rest, (len(rest)+2)/2) {
		k.serve(part)
	}
}

func (k *committer) commitWithRoom(batch []*call) error {
	for _, c := range batch {
		if c.grows(k) {
			err := k.file.makeRoom()
			if err == nil {
				err = k.commit(batch)
			}
			return k.roomFor(err)
		}
	}
	return k.commit(batch)
}

// roomFor logs that the disk has become full, and that it has room again.
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

// watch logs once that the file is broken.
func (k *committer) watch(err error) error {
	if k.file.broken != nil && k.broken.Load() == nil {
		k.broken.Store(&k.file.broken)
		k.log.Error("liveness: the file cannot be written any more; reads and heartbeats go on", "path", k.file.path, "error", err)
	}
	return err
}

// commit makes the changes durable and then visible. If it fails, nothing has
// changed and no caller has an answer.
func (k *committer) commit(batch []*call) error {
	now := k.time.now()
	err := k.update(now, false, func(t *txn) error {
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

// update runs a transaction that also writes the pages that fill made dirty.
func (k *committer) update(now time.Duration, clean bool, fill func(*txn) error) error {
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
		return k.watch(err)
	}
	k.table.commit()
	return nil
}

// stamp returns what a transaction at now says about the time and the sweeps.
func (k *committer) stamp(now time.Duration) stamp {
	s, state := k.time.stamp(now), k.memory.roster.State()
	s.checkpoint = k.checkpoint
	s.tick, s.ticked, s.graceEnd = state.Tick, state.Ticked, state.GraceEnd
	s.forbidden = state.Forbidden
	return s
}

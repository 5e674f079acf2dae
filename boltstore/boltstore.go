// Package boltstore is a liveness store in one file, for a single node without a
// server. Its data survives the process, a power cut and a clock that cannot be
// trusted, and it writes little, for the sake of an SD card.
//
// Start with [Open]. One goroutine, the committer, writes the file; everything else is
// answered from memory.
//
//	boltstore.go   Open, Ping, Close
//	options.go     Options
//
// The methods, in the same files as those of memstore and redisstore. Each that writes checks
// its arguments and hands the committer a change:
//
//	liveness.go    SetOnline, SetOnlineFor, Register, Expire, Clear
//	urls.go        the cached URLs of a workspace
//	batcher.go     ClearMany
//	reaper.go      Begin, Acknowledge, Withdraw, Note
//	reconciler.go  Adopt, Forget
//	restorer.go    Restore
//
// From a call to the disk:
//
//	change.go      a change: in the file, and then in memory; the changes themselves are
//	               in change_liveness.go, change_death.go and change_restore.go
//	call.go        a change whose caller waits
//	queue.go       the calls that wait for the committer
//	committer.go   the goroutine that commits them in batches
//	checkpoint.go  deadlines that moved, data that is over
//	compact.go     a smaller file in place of a large one
//
// In memory:
//
//	memory.go      the index of internal/roster, and the URLs
//	urlcache.go    the cached URLs of one kind
//	table.go       the slot and the deadline of each workspace, as in the file
//
// In the file:
//
//	file.go        transactions
//	record.go      buckets, records, blocks of deadlines
//	stamp.go       the record that every transaction writes
//	timeline.go    the time of the file, across processes
//	contents.go    all records, read and checked, and loaded into memory
//	open.go        the way to a file that is locked, checked and read
//	create.go      a new file, whole or not at all
//	reserve.go     free pages for when the disk is full
//	inspect.go     Inspect, which only reads
//	errors.go      the errors of bbolt and of the system
//	host.go        the clock and the disk, which a test can replace
//	lock_flock.go, lock_other.go
//	               the lock of a file, by system
//
// The methods that are in none of these files, such as RefreshTTL, IsOnline and Sweep,
// are those of InMemory in internal/roster. They wait for no disk. Package
// internal/bboltcheck verifies the pages of a file before bbolt maps them.
//
// # Walks
//
//	heartbeat     InMemory.RefreshTTL moves a deadline in memory; later
//	              committer.writeCheckpoint, table.follow, file.update
//	registration  Store.Register, Store.do, queue.put; committer.serveNext, commit,
//	              setOnline.write within file.update, setOnline.apply
//	death         InMemory.Sweep and Claim in memory; Store.Begin and Acknowledge go the
//	              way of a registration
//
// # Durability
//
// SetOnline, SetOnlineFor, Register, Expire, Clear, CacheURL and
// CacheInternalURL become visible, and return, when they are on the disk; calls
// that wait at the same time share one commit. They survive a kill and a power
// cut.
//
// RefreshTTL and RefreshFor move a deadline in memory, visible at once. A checkpoint
// writes the moved deadlines to the file: each is there within Options.Checkpoint, unless
// the disk is so slow that it makes only a few transactions in half of that time. Close
// writes every deadline.
//
// A crash loses the heartbeats since the last checkpoint. The next Open makes up for it:
// it extends each workspace that was online at the last checkpoint by one
// Options.Checkpoint. It does so once: the workspace is extended again only after a
// checkpoint has written another heartbeat of it. So no deadline is late by more than one
// Options.Checkpoint. And no deadline is early by as much as the time between two
// heartbeats of its workspace, if there was a checkpoint since the last crash. The TTL of
// RefreshFor can be lost like any heartbeat; that of SetOnlineFor is on the disk.
//
// Data that is over is removed between checkpoints, while there is time. A store in
// which no workspace is online makes no checkpoints: it sleeps until a call, the end of
// a URL, or the time to drop a death.
//
// # Deaths
//
// A death stays in the file until it is acknowledged, withdrawn or dropped, or until its
// workspace is online again, cleared or forgotten. Begin, Acknowledge, Withdraw, Adopt,
// Forget, Note and Restore return when that is on the disk. Begin is one commit: the
// attempt is counted and the URLs are removed, or neither. Sweeps, claims, extensions
// and releases write nothing.
//
// After Open every pending death is ready again, also one that was leased, with its
// attempts, Since, Expired and Adopted. Its next token is greater than all before. A
// death that was adopted and is due later is delayed until then.
//
// A time in which the store is not open has no sweep: if it is longer than patience (R6 of
// package driver), the first sweep begins a grace. A clock found behind, or a file set
// aside, is a loss of data, and the first sweep begins a grace of one TTL.
// Nothing is leased before that sweep. The file does not say which workspaces are
// recent, nor how many of those returned.
//
// # Time
//
// The time between Close, or a crash, and Open counts. Within one boot of the
// machine it is taken from the time since boot, otherwise from the wall clock,
// which may be wrong: a clock found behind adds nothing to any life, and one
// found ahead may show workspaces offline until their next [store.Heartbeat].
// The times of sweeps and deaths are by a clock that never steps back, set by
// the wall clock when the file is opened.
//
// Deadlines in the file are rounded up to 16 ms, those of the dead down.
//
// # When the disk fails
//
// On a full disk the store refuses new and adopted workspaces, and URLs, with
// [store.ErrUnavailable]. All other calls go on in the space that the file keeps in
// reserve. When the disk has room again, nothing is refused any more.
//
// After a failed sync the content of the disk is unknown: every write is then
// ErrUnavailable until the file is opened again, while reads and heartbeats go
// on in memory. The same holds if the file was removed, renamed or replaced, from the
// next checkpoint on, or from the next call if no workspace is online.
//
// A file that has become more than twice as large as its data needs is replaced by a smaller
// one of the same owner and mode, unless it is a mount point. [Compact] does that at once,
// for a file that no store has open.
package boltstore

import (
	"context"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/molecule-ai/liveness/internal/roster"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Store is a [store.LivenessStore] in a file. Create it with [Open].
//
// It has every capability of package store: [store.Batcher], [store.Expirer],
// [store.Granter], [store.Lister], [store.Pinger] and [store.Registrar]. For a monitor it
// is a [driver.Reaper], [driver.Reconciler], [driver.Restorer] and [driver.Sampler]. Those
// of their methods that wait for no disk, such as RefreshTTL, IsOnline, Lookup and Sweep,
// are promoted from an embedded type, and documentation tools do not list them here.
type Store struct {
	inMemory
	ttls   store.TTLs
	gate   roster.Gate
	memory *memory
	queue  *queue
	broken *atomic.Pointer[error] // why writes fail; nil while they do not
	close  sync.Once
	ended  chan error // has the error of the committer when that has ended
}

// inMemory has the methods that write no file.
type inMemory = roster.InMemory

var (
	_ store.LivenessStore = (*Store)(nil)
	_ store.Batcher       = (*Store)(nil)
	_ store.Expirer       = (*Store)(nil)
	_ store.Granter       = (*Store)(nil)
	_ store.Lister        = (*Store)(nil)
	_ store.Pinger        = (*Store)(nil)
	_ store.Registrar     = (*Store)(nil)
	_ driver.Reaper       = (*Store)(nil)
	_ driver.Reconciler   = (*Store)(nil)
	_ driver.Restorer     = (*Store)(nil)
	_ driver.Sampler      = (*Store)(nil)
)

// Open opens the store in the file at path, or creates it there; the directory
// must exist. One process at a time can have it open.
//
// The error names the path or the option. It unwraps to ErrInvalid if an option or the path
// can never work, to ErrLocked if another process kept the file for Options.LockTimeout, to
// ErrCorrupt if the file is damaged or is something else, and to ErrUnavailable if it cannot
// be read and written, or on a system without flock: Windows, Plan 9, Solaris, AIX and
// Android.
func Open(path string, o Options) (*Store, error) { return open(path, o, host{}) }

func open(path string, o Options, h host) (*Store, error) {
	s, k, err := openIdle(path, o, h)
	if err != nil {
		return nil, err
	}
	s.start(k)
	return s, nil
}

// start has the committer work until Close.
func (s *Store) start(k *committer) { go func() { s.ended <- k.run() }() }

// openIdle returns a store whose committer does not work yet.
func openIdle(path string, o Options, h host) (*Store, *committer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, nil, err
	}
	h = h.withDefaults()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // so that openFile and commit can turn a fault into an error
	f, c, err := openFile(path, o, h)
	if err != nil {
		return nil, nil, err
	}
	s := &Store{
		ttls:   o.TTLs,
		queue:  newQueue(),
		broken: new(atomic.Pointer[error]),
		ended:  make(chan error, 1),
	}
	k := newCommitter(f, c, o, h)
	s.memory, k.queue, k.broken = k.memory, s.queue, s.broken
	s.inMemory = roster.NewInMemory(s.memory.roster, &s.gate, roster.URLs{Read: s.memory.readURLs, Peek: s.memory.peekURLs, IDs: s.memory.idsWithURL})
	if err := k.commit(nil); err != nil { // the file is no longer cleanly closed
		f.close()
		return nil, nil, cannotWrite("Open", f.path, err)
	}
	return s, k, nil
}

// Ping implements [store.Pinger]. It returns ErrUnavailable once the file
// cannot be written any more.
func (s *Store) Ping(ctx context.Context) error {
	const op = "Ping"
	if err := s.gate.CheckMany(ctx, op, nil); err != nil {
		return err
	}
	s.queue.wakeUp() // a committer that is idle looks whether its file is there
	if why := s.broken.Load(); why != nil {
		return driver.Errorf(op, "", store.ErrUnavailable, "%v", *why)
	}
	return nil
}

// Close finishes the calls in flight, but for the rest of a long list. Then it writes
// every deadline to the file and releases the file. It waits for the disk: until the
// transaction that is under way is done, for one last checkpoint, and for two more syncs.
// The error unwraps to ErrUnavailable if the deadlines could not be written; the store is
// closed all the same.
func (s *Store) Close() (err error) {
	s.close.Do(func() {
		s.gate.Close()
		s.queue.close()
		if failed := <-s.ended; failed != nil {
			err = driver.Errorf("Close", "", store.ErrUnavailable, "%v", failed)
		}
	})
	return err
}

// Package boltstore is a liveness store in one file, for a single node
// without a server. What it holds survives the process, a power cut and a
// clock that cannot be trusted, and it spares the SD card that it lies on.
//
// # What survives what
//
// SetOnline, CacheURL, CacheInternalURL and Clear become visible, and return,
// when they are on the disk; calls that wait at the same time share one commit.
// They survive a kill and a power cut.
//
// RefreshTTL moves a deadline in memory, visible at once, and a checkpoint
// writes the moved deadlines down, at most Options.Checkpoint later and at
// Close. After Close every deadline is in the file. A crash forgets the
// heartbeats since the last checkpoint; to make up for it, the next Open gives
// each workspace that was online at that checkpoint one Options.Checkpoint
// more, and no second one before it was heard from again. So no deadline is
// late by more than that, and none is early for a workspace that was heard from
// at least once in each such interval; for another it is early by no more than
// the forgotten heartbeats.
//
// # Deaths
//
// A workspace that stopped being online stays in the file until its death was
// acknowledged, it was cleared or disowned, or Options.KeepDeaths has passed.
// Acknowledge, Disown and Note return when that is on the disk; sweeps and
// claims cost no writes. After Open every other death is handed out anew,
// whoever held it, with attempt 1 and a greater token.
//
// While the store was not open nobody watched, and a clock found behind, or a
// file set aside, is a loss of data: nothing is handed out before the grace is
// over that the first sweep begins. Deaths known by Adopt only are not in the
// file: if there were any, that grace is one TTL, in which their owner is asked
// once more.
//
// # Time
//
// The time between Close, or a crash, and Open counts. Within one boot of the
// machine it is taken from the time since boot, otherwise from the wall clock,
// which may lie: a clock found behind adds nothing to any life, and one found
// ahead may show workspaces offline until their next [store.Heartbeat]. The
// times of sweeps and deaths are by a clock that never steps back, set by the
// wall clock when the file is opened.
//
// Deadlines in the file are rounded up to 16 ms, those of the dead down.
//
// # When the disk fails
//
// On a full disk new workspaces and URLs are refused with
// [store.ErrUnavailable], while everything else goes on in space that the file
// keeps in reserve; when there is room again, so are they. After a failed sync
// nobody knows what is on the disk: every write is then ErrUnavailable until
// the file is opened again, while reads and heartbeats go on in memory.
package boltstore

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/internal/clock"
	"github.com/molecule-ai/liveness/store"
)

// Bounds and defaults of the options.
const (
	defaultLockTimeout = time.Second
	minCheckpoint      = time.Millisecond
	maxCheckpoint      = time.Hour
)

// OnCorrupt says what Open does with a file that is damaged or is not a
// liveness store.
type OnCorrupt int

const (
	// Refuse makes Open return ErrCorrupt and leave the file as it is.
	Refuse OnCorrupt = iota

	// SetAside makes Open rename the file to its path with ".corrupt-" and the
	// time in UTC appended, tell the log, and begin an empty one.
	SetAside
)

// Options configures a Store. The zero value works.
type Options struct {
	TTLs store.TTLs

	// LockTimeout is how long Open waits for another process to close the
	// file. 0 means 1 s.
	LockTimeout time.Duration

	// Checkpoint is how long a heartbeat may be in memory only, 1 ms to 1 h. 0
	// means 1/18 of the liveness TTL, 10 s by default, within 10 ms to 1 h.
	Checkpoint time.Duration

	// OnCorrupt is Refuse or SetAside.
	OnCorrupt OnCorrupt

	// KeepDeaths is for how long a death that no monitor claims is kept. The
	// last time between Close and Open does not count. 0 means
	// store.DefaultKeepDeaths.
	KeepDeaths time.Duration

	// Logger is told of a file set aside and of a disk that is full or fails.
	// nil means silence.
	Logger *slog.Logger

	seams seams
}

// seams are where tests take hold.
type seams struct {
	clock   clock.Clock                                  // of another machine
	update  func(*bbolt.DB, func(*bbolt.Tx) error) error // fails as a disk does
	maxSize func() int                                   // of the file, in bytes; 0: as the disk allows
}

// Store is a [store.LivenessStore] in a file. Create it with Open.
type Store struct {
	ttls   store.TTLs
	memory *memory
	queue  *queue
	broken *atomic.Pointer[error] // why nothing can be written any more
	closed atomic.Bool
	close  sync.Once
	ended  chan error // of the committer
}

var (
	_ store.LivenessStore = (*Store)(nil)
	_ store.Lister        = (*Store)(nil)
	_ store.Batcher       = (*Store)(nil)
	_ store.Pinger        = (*Store)(nil)
	_ store.Reaper        = (*Store)(nil)
)

// Open opens the store in the file at path, or creates it there; the directory
// must exist. One process at a time can have it open.
//
// The error names the path and unwraps to ErrInvalid if an option or the path
// can never work, to ErrLocked if another process kept the file for
// Options.LockTimeout, to ErrCorrupt if the file is damaged or is something
// else, and to ErrUnavailable if it cannot be read and written.
func Open(path string, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // so that openFile and commit can turn a fault into an error
	f, c, err := openFile(path, o)
	if err != nil {
		return nil, err
	}
	s := &Store{
		ttls:   o.TTLs,
		queue:  newQueue(),
		broken: new(atomic.Pointer[error]),
		ended:  make(chan error, 1),
	}
	k := newCommitter(f, c, o)
	s.memory, k.queue, k.broken = k.memory, s.queue, s.broken
	if err := k.commit(nil); err != nil { // the file is no longer cleanly closed
		f.close()
		return nil, cannotWrite("Open", f.path, err)
	}
	go func() { s.ended <- k.run() }()
	return s, nil
}

func (o Options) withDefaults() (Options, error) {
	invalid := func(format string, args ...any) (Options, error) {
		return o, store.Errorf("Open", "", store.ErrInvalid, "Options."+format, args...)
	}
	if err := o.TTLs.Validate(); err != nil {
		return o, &store.Error{Op: "Open", Err: err}
	}
	switch {
	case o.LockTimeout < 0:
		return invalid("LockTimeout is %v, want more than 0, or 0 for %v", o.LockTimeout, defaultLockTimeout)
	case o.LockTimeout == 0:
		o.LockTimeout = defaultLockTimeout
	}
	switch {
	case o.Checkpoint == 0:
		ttl := o.TTLs.Liveness
		if ttl == 0 {
			ttl = store.DefaultLivenessTTL
		}
		o.Checkpoint = min(max(ttl/18, 10*time.Millisecond), maxCheckpoint)
	case o.Checkpoint < minCheckpoint || o.Checkpoint > maxCheckpoint:
		return invalid("Checkpoint is %v, want %v to %v, or 0 for 1/18 of the liveness TTL", o.Checkpoint, minCheckpoint, maxCheckpoint)
	}
	if o.OnCorrupt != Refuse && o.OnCorrupt != SetAside {
		return invalid("OnCorrupt is %d, want Refuse or SetAside", o.OnCorrupt)
	}
	keep, err := store.KeepDeaths(o.KeepDeaths)
	if err != nil {
		return o, &store.Error{Op: "Open", Err: err}
	}
	o.KeepDeaths = keep
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.seams.clock.Mono == nil {
		o.seams.clock = clock.System()
	}
	if o.seams.update == nil {
		o.seams.update = (*bbolt.DB).Update
	}
	return o, nil
}

// Close finishes the calls in flight, writes every deadline to the file and
// releases it. The error unwraps to ErrUnavailable if that could not be
// written; the store is closed all the same.
func (s *Store) Close() (err error) {
	s.close.Do(func() {
		s.closed.Store(true)
		s.queue.close()
		if failed := <-s.ended; failed != nil {
			err = store.Errorf("Close", "", store.ErrUnavailable, "%v", failed)
		}
	})
	return err
}

// open returns ErrClosed, as an error of op, once the store was closed.
func (s *Store) open(op, id string) error {
	if s.closed.Load() {
		return &store.Error{Op: op, ID: id, Err: store.ErrClosed}
	}
	return nil
}

// check is the first line of the methods that grant no TTL.
func (s *Store) check(ctx context.Context, op, id string) error {
	if err := store.Check(ctx, op, id); err != nil {
		return err
	}
	return s.open(op, id)
}

// checkMany is check for the methods that are about many workspaces.
func (s *Store) checkMany(ctx context.Context, op string, ids []string) error {
	if err := store.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	return s.open(op, "")
}

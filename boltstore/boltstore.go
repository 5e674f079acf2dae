// Package boltstore is a liveness store in one file, for a single node without a
// server. Its data survives the process, a power cut and a clock that cannot be
// trusted, and it spares the SD card that it lies on.
//
// Start with [Open].
//
//	boltstore.go      options, Open, Close
//	liveness.go       SetOnline, Register, Expire, Clear; how a call waits for the disk
//	urls.go           the cached URLs
//	batcher.go, reaper.go, reconciler.go, restorer.go
//	                  the other methods that write the file
//	change.go         what a call changes, in the file and then in memory:
//	                  change_online.go, change_death.go, change_record.go
//	queue.go          calls that wait
//	committer.go      the goroutine that makes the changes
//	checkpoint.go     deadlines that moved, data that is over
//	compact.go        a smaller file
//	inspect.go        Inspect, which only reads
//	memory.go         what reads are answered from
//	table.go          slots: the file's side of each workspace
//	file.go, record.go, stamp.go, contents.go, timeline.go
//	                  transactions, records, opening, time
//	open.go, create.go, room.go, seams.go, errors.go
//	                  the file and the disk
//
// Every method that is not in these files is that of the shared in-memory index
// and waits for no disk.
//
// # Durability
//
// SetOnline, SetOnlineFor, Register, Expire, Clear, CacheURL and
// CacheInternalURL become visible, and return, when they are on the disk; calls
// that wait at the same time share one commit. They survive a kill and a power
// cut.
//
// RefreshTTL and RefreshFor move a deadline in memory, visible at once, and a
// checkpoint writes the moved deadlines to the file. Each is there within
// Options.Checkpoint, whatever else the store does, unless the disk makes less than a
// few transactions in half of that time; after Close every deadline is. A crash
// forgets the heartbeats of the last Options.Checkpoint; to make up for it, the next
// Open gives each workspace that was online at the last checkpoint one
// Options.Checkpoint more, and no second one before a checkpoint after its next
// heartbeat. So no deadline is late by more than one Options.Checkpoint, and, if there
// was a checkpoint since the last crash, none is early by as much as the time between
// two heartbeats of its workspace. A TTL for once that a crash forgets is such a
// heartbeat: SetOnlineFor is durable, RefreshFor waits for the checkpoint.
//
// Data that is over is removed between checkpoints, while there is time. A store in
// which no workspace is online makes no checkpoints: it sleeps until a call, the end of
// a URL, or the time to drop a death.
//
// # Deaths
//
// A death stays in the file until it is acknowledged or withdrawn, its workspace
// is back, cleared or forgotten, or it is dropped. Begin, Acknowledge, Withdraw,
// Adopt, Forget, Note and Restore return when that is on the disk. Begin is one
// commit: the attempt is counted and the URLs are gone, or neither. Sweeps, claims
// and releases cost no writes. After Open every pending death is ready again, under
// a greater token, with its attempts, Since, Expired and Adopted, whether or not it was
// leased before; one that was adopted until later is delayed until then.
//
// A time in which the store is not open has no sweep, and a clock found behind,
// or a file set aside, is a loss of data: the first sweep then begins a grace.
// Nothing is leased before that sweep. The workspaces that are recent are not in the
// file, nor is the count of those that returned.
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
// On a full disk new workspaces, adopted ones too, and URLs are refused with
// [store.ErrUnavailable], while all other calls go on in space that the file
// keeps in reserve; when the disk has room again, new ones are accepted again.
// After a failed sync the content of the disk is unknown: every write is then
// ErrUnavailable until the file is opened again, while reads and heartbeats go
// on in memory. The same is so from the next checkpoint on, or the next call if there is
// none, if the file was removed, renamed or replaced.
//
// A file that has become twice as large as it need be is replaced by a smaller one of
// the same owner and mode, but for a file that is a mount point. [Compact] does that at
// once, for a file that no store has open.
package boltstore

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/internal/roster"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Bounds and defaults of the options.
const (
	// DefaultLockTimeout is how long Open waits for another process by default.
	DefaultLockTimeout = time.Second

	// DefaultMaxDeaths is how many deaths may be pending by default.
	DefaultMaxDeaths = 1_000_000

	minCheckpoint = time.Millisecond
	maxCheckpoint = time.Hour
)

// OnCorrupt says what Open does with a file that is damaged. The file of another
// application, or of another version of this package, is ErrCorrupt in any case and
// is left alone.
type OnCorrupt int

const (
	// CorruptRefuse makes Open return ErrCorrupt and leave the file as it is.
	CorruptRefuse OnCorrupt = iota

	// CorruptSetAside makes Open rename the file to its path with ".corrupt-" and the
	// time in UTC appended, log that, and begin an empty one.
	CorruptSetAside
)

// Options configures a Store. The zero value works.
type Options struct {
	TTLs store.TTLs

	// LockTimeout is how long Open waits for another process to close the
	// file. 0 means DefaultLockTimeout.
	LockTimeout time.Duration

	// Checkpoint is how long a heartbeat may be in memory only, 1 ms to 1 h. 0
	// means 1/18 of the liveness TTL, 10 s by default, within 10 ms to 1 h.
	Checkpoint time.Duration

	// OnCorrupt is CorruptRefuse or CorruptSetAside.
	OnCorrupt OnCorrupt

	// MaxDeaths is how many deaths may be pending, as long as any of them was never
	// handed out: the oldest of these is then dropped, as one that was kept for
	// KeepDeaths is, and counted in the Dropped of a sweep. 0 means DefaultMaxDeaths.
	MaxDeaths int

	// KeepDeaths is for how long a death that no monitor hands out is kept. The
	// time between Close and Open does not count. 0 means
	// store.DefaultKeepDeaths.
	KeepDeaths time.Duration

	// Logger gets a line when a file is set aside, and when the disk is full,
	// has room again, or fails. nil means no log.
	Logger *slog.Logger
}

// Store is a [store.LivenessStore] in a file. Create it with Open.
type Store struct {
	inMemory
	ttls   store.TTLs
	gate   roster.Gate
	memory *memory
	queue  *queue
	broken *atomic.Pointer[error] // why writes fail
	close  sync.Once
	ended  chan error // of the committer
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
// The error names the path and unwraps to ErrInvalid if an option or the path
// can never work, to ErrLocked if another process kept the file for
// Options.LockTimeout, to ErrCorrupt if the file is damaged or is something
// else, and to ErrUnavailable if it cannot be read and written.
func Open(path string, o Options) (*Store, error) { return open(path, o, seams{}) }

func open(path string, o Options, on seams) (*Store, error) {
	s, k, err := openIdle(path, o, on)
	if err != nil {
		return nil, err
	}
	s.start(k)
	return s, nil
}

// start has the committer work until Close.
func (s *Store) start(k *committer) { go func() { s.ended <- k.run() }() }

// openIdle returns a store whose committer does not work yet.
func openIdle(path string, o Options, on seams) (*Store, *committer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, nil, err
	}
	on = on.withDefaults()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // so that openFile and commit can turn a fault into an error
	f, c, err := openFile(path, o, on)
	if err != nil {
		return nil, nil, err
	}
	s := &Store{
		ttls:   o.TTLs,
		queue:  newQueue(),
		broken: new(atomic.Pointer[error]),
		ended:  make(chan error, 1),
	}
	k := newCommitter(f, c, o, on)
	s.memory, k.queue, k.broken = k.memory, s.queue, s.broken
	s.inMemory = roster.NewInMemory(s.memory.roster, &s.gate, roster.URLs{Read: s.memory.readURLs, Peek: s.memory.peekURLs, IDs: s.memory.idsWithURL})
	if err := k.commit(nil); err != nil { // the file is no longer cleanly closed
		f.close()
		return nil, nil, cannotWrite("Open", f.path, err)
	}
	return s, k, nil
}

func (o Options) withDefaults() (Options, error) {
	invalid := func(format string, args ...any) (Options, error) {
		return o, driver.Errorf("Open", "", store.ErrInvalid, "Options."+format, args...)
	}
	if err := o.TTLs.Validate(); err != nil {
		return o, &store.Error{Op: "Open", Err: err}
	}
	switch {
	case o.LockTimeout < 0:
		return invalid("LockTimeout is %v, want more than 0, or 0 for %v", o.LockTimeout, DefaultLockTimeout)
	case o.LockTimeout == 0:
		o.LockTimeout = DefaultLockTimeout
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
	if o.OnCorrupt != CorruptRefuse && o.OnCorrupt != CorruptSetAside {
		return invalid("OnCorrupt is %d, want CorruptRefuse or CorruptSetAside", o.OnCorrupt)
	}
	switch {
	case o.MaxDeaths < 0:
		return invalid("MaxDeaths is %d, want 1 or more, or 0 for %d", o.MaxDeaths, DefaultMaxDeaths)
	case o.MaxDeaths == 0:
		o.MaxDeaths = DefaultMaxDeaths
	}
	keep, err := driver.KeepDeaths(o.KeepDeaths)
	if err != nil {
		return o, &store.Error{Op: "Open", Err: err}
	}
	o.KeepDeaths = keep
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// Close finishes the calls in flight, but for the rest of a long list, writes every
// deadline to the file and releases it: the disk is waited for until the transaction
// that is under way is done, for one last checkpoint, and for two syncs more. The
// error unwraps to ErrUnavailable if that could not be
// written; the store is closed all the same.
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

// Ping implements [store.Pinger]. It returns ErrUnavailable once the file
// cannot be written any more.
func (s *Store) Ping(ctx context.Context) error {
	const op = "Ping"
	if err := s.gate.CheckMany(ctx, op, nil); err != nil {
		return err
	}
	s.queue.ring() // one that is at rest looks for its file
	if why := s.broken.Load(); why != nil {
		return driver.Errorf(op, "", store.ErrUnavailable, "%v", *why)
	}
	return nil
}

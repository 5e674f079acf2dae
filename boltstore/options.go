package boltstore

import (
	"log/slog"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Bounds and defaults of the options.
const (
	// DefaultLockTimeout is Options.LockTimeout by default.
	DefaultLockTimeout = time.Second

	// DefaultMaxDeaths is Options.MaxDeaths by default.
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

	// MaxDeaths bounds the workspaces that have a pending death, are leased or are recent.
	// Above it the store drops the oldest death that was never handed out and that is not
	// leased, and counts it in SweepResult.Dropped. The others are never dropped, so they
	// alone may exceed the bound. 0 means DefaultMaxDeaths.
	MaxDeaths int

	// KeepDeaths is how long a death is kept that no monitor hands out; then it is dropped
	// too. The time between Close and Open does not count. It is store.MinTTL to
	// store.MaxTTL. 0 means store.DefaultKeepDeaths.
	KeepDeaths time.Duration

	// Logger gets a line when a file is set aside, and when the disk is full,
	// has room again, or fails. nil means no log.
	Logger *slog.Logger
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

// Package memstore is a liveness store for one process: no server, no file,
// the same behaviour as production. What it holds is gone with the process.
package memstore

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/internal/clock"
	"github.com/molecule-ai/liveness/internal/roster"
	"github.com/molecule-ai/liveness/store"
)

const (
	// DefaultMaxOnline is how many workspaces may be online at once by default.
	DefaultMaxOnline = 1_000_000

	// DefaultMaxURLs is how many URLs of each kind are kept by default.
	DefaultMaxURLs = 100_000
)

// Options configures a Store. The zero value works.
type Options struct {
	TTLs store.TTLs

	// MaxOnline is how many workspaces may be online at once; one more is
	// ErrFull. 0 means DefaultMaxOnline.
	MaxOnline int

	// MaxURLs is how many URLs of each kind are kept; the least recently used
	// goes first. 0 means DefaultMaxURLs.
	MaxURLs int

	// KeepDeaths is for how long a death that no monitor claims is kept. 0
	// means store.DefaultKeepDeaths.
	KeepDeaths time.Duration

	// Logger is told when the store is full. nil means silence.
	Logger *slog.Logger
}

// Store is a [store.LivenessStore] in memory. It starts no goroutine. Create
// it with New.
type Store struct {
	ttls     store.TTLs
	log      *slog.Logger
	roster   *roster.Roster
	public   *urlCache
	internal *urlCache
	closed   atomic.Bool
	full     atomic.Bool
}

var (
	_ store.LivenessStore = (*Store)(nil)
	_ store.Lister        = (*Store)(nil)
	_ store.Batcher       = (*Store)(nil)
	_ store.Pinger        = (*Store)(nil)
	_ store.Reaper        = (*Store)(nil)
)

// New returns an empty store. The error unwraps to store.ErrInvalid and names
// the option that cannot be used.
func New(o Options) (*Store, error) {
	if err := o.TTLs.Validate(); err != nil {
		return nil, &store.Error{Op: "New", Err: err}
	}
	maxOnline, err := orDefault("MaxOnline", o.MaxOnline, DefaultMaxOnline)
	if err != nil {
		return nil, err
	}
	maxURLs, err := orDefault("MaxURLs", o.MaxURLs, DefaultMaxURLs)
	if err != nil {
		return nil, err
	}
	keep, err := store.KeepDeaths(o.KeepDeaths)
	if err != nil {
		return nil, &store.Error{Op: "New", Err: err}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Store{
		ttls: o.TTLs,
		log:  o.Logger,
		roster: roster.New(roster.Config{
			Now:        clock.System().Mono,
			Base:       time.Now(),
			TTLs:       o.TTLs,
			Limit:      maxOnline,
			KeepDeaths: keep,
		}),
		public:   newURLCache(maxURLs),
		internal: newURLCache(maxURLs),
	}, nil
}

func orDefault(field string, n, def int) (int, error) {
	switch {
	case n < 0:
		return 0, store.Errorf("New", "", store.ErrInvalid, "Options.%s is %d, want 1 or more, or 0 for %d", field, n, def)
	case n == 0:
		return def, nil
	}
	return n, nil
}

// Close makes every further call return ErrClosed. It never fails.
func (s *Store) Close() error {
	s.closed.Store(true)
	return nil
}

// open returns ErrClosed, as an error of op, once the store was closed.
func (s *Store) open(op, id string) error {
	if s.closed.Load() {
		return &store.Error{Op: op, ID: id, Err: store.ErrClosed}
	}
	return nil
}

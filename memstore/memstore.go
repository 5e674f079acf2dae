// Package memstore is a liveness store for one process: no server, no file,
// the same behaviour as production. Its data is gone with the process.
//
// Start with [New].
//
//	memstore.go    options, New, Close
//	liveness.go    SetOnline, Register, Expire, Clear
//	urls.go        the cached URLs of a workspace
//	urlcache.go    the URLs of one kind, least recently used first out
//	batcher.go     ClearMany
//	reaper.go      Begin, Acknowledge, Withdraw, Note
//	reconciler.go  Forget
//	restorer.go    Restore
//
// Every other method is that of the shared in-memory index, which does not
// touch URLs.
//
// # Memory
//
// Options.MaxOnline bounds the workspaces that are online, Options.MaxURLs the URLs
// of each kind, and Options.MaxDeaths and Options.KeepDeaths the deaths that no
// monitor hands out. A death that was handed out is never dropped.
package memstore

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/internal/clock"
	"github.com/molecule-ai/liveness/internal/roster"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
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
	// ErrFull, unless Withdraw brings it back. It does not bound the dead, which
	// MaxDeaths and KeepDeaths do: each takes about as much memory as one that is
	// online. 0 means DefaultMaxOnline.
	MaxOnline int

	// MaxDeaths is how many deaths may be pending, as long as any of them was never
	// handed out: the oldest of these is then dropped, as one that was kept for
	// KeepDeaths is, and counted in the Dropped of a sweep. 0 means MaxOnline.
	MaxDeaths int

	// MaxURLs is how many URLs of each kind are kept; the least recently used
	// goes first. 0 means DefaultMaxURLs.
	MaxURLs int

	// KeepDeaths is for how long a death that no monitor hands out is kept. 0
	// means store.DefaultKeepDeaths.
	KeepDeaths time.Duration

	// Logger gets a line when the store becomes full. nil means no log.
	Logger *slog.Logger
}

// Store is a [store.LivenessStore] in memory. It starts no goroutine. Create
// it with New.
type Store struct {
	inMemory
	ttls     store.TTLs
	log      *slog.Logger
	gate     roster.Gate
	roster   *roster.Roster
	public   *urlCache
	internal *urlCache
	full     atomic.Bool // was logged
}

// inMemory has the methods that touch no URL.
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
	maxDeaths, err := orDefault("MaxDeaths", o.MaxDeaths, maxOnline)
	if err != nil {
		return nil, err
	}
	maxURLs, err := orDefault("MaxURLs", o.MaxURLs, DefaultMaxURLs)
	if err != nil {
		return nil, err
	}
	keep, err := driver.KeepDeaths(o.KeepDeaths)
	if err != nil {
		return nil, &store.Error{Op: "New", Err: err}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{
		ttls: o.TTLs,
		log:  o.Logger,
		roster: roster.New(roster.Config{
			Now:        clock.System().Mono,
			Base:       time.Now(),
			TTLs:       o.TTLs,
			Limit:      maxOnline,
			MaxDeaths:  maxDeaths,
			KeepDeaths: keep,
		}),
		public:   newURLCache(maxURLs),
		internal: newURLCache(maxURLs),
	}
	s.inMemory = roster.NewInMemory(s.roster, &s.gate, roster.URLs{Read: s.cachedURLs, Peek: s.peekURLs, IDs: s.idsOfURLs})
	return s, nil
}

func orDefault(field string, n, def int) (int, error) {
	switch {
	case n < 0:
		return 0, driver.Errorf("New", "", store.ErrInvalid, "Options.%s is %d, want 1 or more, or 0 for %d", field, n, def)
	case n == 0:
		return def, nil
	}
	return n, nil
}

// Ping implements [store.Pinger].
func (s *Store) Ping(ctx context.Context) error {
	return s.gate.CheckMany(ctx, "Ping", nil)
}

// Close makes every further call return ErrClosed. It never fails.
func (s *Store) Close() error {
	s.gate.Close()
	return nil
}

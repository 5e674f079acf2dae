// Package memstore is a liveness store for one process: no server, no file,
// the same behaviour as production. Its data is gone with the process.
//
// Start with [New]. A Store is an index of lives and deaths, which internal/roster has,
// and two caches of URLs:
//
//	memstore.go    Options, New, Ping, Close
//	liveness.go    SetOnline, SetOnlineFor, Register, Expire, Clear
//	urls.go        the cached URLs of a workspace
//	batcher.go     ClearMany
//	reaper.go      Begin, Acknowledge, Withdraw, Note
//	reconciler.go  Forget
//	restorer.go    Restore
//	urlcache.go    the URLs of one kind, an LRU cache
//
// The methods in these files change URLs, or are those that boltstore writes to its file.
// They check their arguments, then change the index and the URLs in one step. All other
// methods, RefreshTTL among them, are those of InMemory in internal/roster, which change no
// URL by themselves. The files of methods have the same names in boltstore and redisstore.
//
// # Memory
//
// Options.MaxOnline bounds the workspaces that are online, Options.MaxURLs the URLs
// of each kind. Options.MaxDeaths and Options.KeepDeaths bound the deaths that were never
// handed out; the store drops no other death.
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

	// MaxOnline bounds the workspaces that are online at once. To set one more online is
	// ErrFull; Withdraw alone may exceed the bound. Deaths have bounds of their own,
	// MaxDeaths and KeepDeaths: a death takes about as much memory as a workspace that is
	// online. 0 means DefaultMaxOnline.
	MaxOnline int

	// MaxDeaths bounds the workspaces that have a pending death, are leased or are recent.
	// Above it the store drops the oldest death that was never handed out and that is not
	// leased, and counts it in SweepResult.Dropped. The others are never dropped, so they
	// alone may exceed the bound. 0 means MaxOnline.
	MaxDeaths int

	// MaxURLs bounds the URLs of each kind; the least recently used is evicted first. 0
	// means DefaultMaxURLs.
	MaxURLs int

	// KeepDeaths is how long a death is kept that no monitor hands out; then it is dropped
	// too. It is store.MinTTL to store.MaxTTL. 0 means store.DefaultKeepDeaths.
	KeepDeaths time.Duration

	// Logger gets a line when a workspace is refused, at most one between two calls that
	// succeed. nil means no log.
	Logger *slog.Logger
}

// Store is a [store.LivenessStore] in memory. It starts no goroutine. Create
// it with [New].
//
// It has every capability of package store: [store.Batcher], [store.Expirer],
// [store.Granter], [store.Lister], [store.Pinger] and [store.Registrar]. For a monitor it
// is a [driver.Reaper], [driver.Reconciler], [driver.Restorer] and [driver.Sampler]. Those
// of their methods that are the same for every store over a roster, such as RefreshTTL,
// IsOnline, Lookup and Sweep, are promoted from an embedded type, and documentation tools do
// not list them here.
type Store struct {
	inMemory
	ttls       store.TTLs
	log        *slog.Logger
	gate       roster.Gate
	roster     *roster.Roster
	public     *urlCache
	internal   *urlCache
	fullLogged atomic.Bool // since a call last succeeded
}

// inMemory has the methods that memstore and boltstore share.
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
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{
		ttls: o.TTLs,
		log:  o.Logger,
		roster: roster.New(roster.Config{
			Now:        clock.System().Mono,
			Base:       time.Now(),
			TTLs:       o.TTLs,
			Limit:      o.MaxOnline,
			MaxDeaths:  o.MaxDeaths,
			KeepDeaths: o.KeepDeaths,
		}),
		public:   newURLCache(o.MaxURLs),
		internal: newURLCache(o.MaxURLs),
	}
	s.inMemory = roster.NewInMemory(s.roster, &s.gate, roster.URLs{Read: s.readURLs, Peek: s.peekURLs, IDs: s.idsWithURL})
	return s, nil
}

func (o Options) withDefaults() (Options, error) {
	err := o.TTLs.Validate()
	if err == nil {
		o.KeepDeaths, err = driver.KeepDeaths(o.KeepDeaths)
	}
	if err != nil {
		return o, &store.Error{Op: "New", Err: err}
	}
	if o.MaxOnline, err = orDefault("MaxOnline", o.MaxOnline, DefaultMaxOnline); err != nil {
		return o, err
	}
	if o.MaxDeaths, err = orDefault("MaxDeaths", o.MaxDeaths, o.MaxOnline); err != nil {
		return o, err
	}
	if o.MaxURLs, err = orDefault("MaxURLs", o.MaxURLs, DefaultMaxURLs); err != nil {
		return o, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// orDefault returns the value of an option that is a number, or its default for 0.
func orDefault(option string, n, byDefault int) (int, error) {
	switch {
	case n < 0:
		return 0, driver.Errorf("New", "", store.ErrInvalid, "Options.%s is %d, want 1 or more, or 0 for %d", option, n, byDefault)
	case n == 0:
		return byDefault, nil
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

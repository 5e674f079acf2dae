// Package redisstore is a liveness store on Redis 6.2 or later, or Valkey, for
// many processes that share it: standalone, behind Sentinel, or a Cluster.
//
// Concurrent callers share pipelines: whatever waits while a pipeline is under
// way goes with the next one, so a heartbeat is one command and the busier a
// store is, the fewer round trips it makes per call. Each caller still returns
// at its own deadline, whatever the server does.
//
// # Clients
//
// [Open] makes a client that suits the store. A client given to [New] keeps
// the contract as far as it lets the store: with MaxRetries other than -1 it
// sends writes again after a dropped connection, and without
// ContextTimeoutEnabled a pipeline to a server that does not answer outlives
// Options.Timeout. The order of operations on one workspace (C9) is kept only
// with MaxRetries -1 and ContextTimeoutEnabled; New warns its Logger of a
// client that has not both.
//
// go-redis itself writes to standard error when it cannot connect, unless the
// application calls its SetLogger.
//
// # Permissions
//
// A Redis user needs +@read +@write +@keyspace +@connection +@scripting +time
// -@dangerous -@admin on the keys of the prefix, such as ~ws:*, and on a
// Cluster +cluster|slots.
//
// # Deaths
//
// A store is a [store.Reaper] by scripts that the server runs, by its own
// clock; it needs no notifications. Programs that set a liveness key by
// themselves, as those before this package did, are served too: a
// [store.Discoverer] finds what they registered. While a slot of a Cluster
// moves, its workspaces can be heard from, but not registered or swept.
package redisstore

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/store"
)

const (
	// DefaultPrefix is what all keys begin with by default.
	DefaultPrefix = "ws:"

	// DefaultTimeout is how long a call waits for the server by default.
	DefaultTimeout = 3 * time.Second
)

// Options configures a Store. The zero value works.
type Options struct {
	TTLs store.TTLs

	// Prefix is what all keys of the store begin with. Of two prefixes on one
	// server neither may begin with the other. "" means DefaultPrefix.
	Prefix string

	// Timeout bounds what the caller's context does not: a call that waits
	// longer for the server is ErrUnavailable. It also bounds each pipeline,
	// and Close. 0 means DefaultTimeout.
	Timeout time.Duration

	// Layout says how keys are named. It is recorded in the data, and a store
	// with another layout answers every call with ErrInvalid. The zero value
	// is Auto.
	Layout Layout

	// KeepDeaths is for how long a death that no monitor claims is kept. 0
	// means store.DefaultKeepDeaths.
	KeepDeaths time.Duration

	// Logger is told when the server stops answering and when it answers
	// again. nil means silence.
	Logger *slog.Logger
}

// Store is a [store.LivenessStore] on Redis. It has no goroutine while no call
// is under way. Create it with New or Open.
type Store struct {
	ttls       store.TTLs
	keepDeaths time.Duration
	keys       keys
	scripts    scripts
	timeout    time.Duration
	timers     timers
	spaces     sync.Pool // of *[]request
	calls      calls
	servers    servers
	search     search
	log        *slog.Logger
	secrets    *strings.Replacer
	owned      redis.UniversalClient // nil if the caller closes the client

	refreshed atomic.Int64 // longest TTL that a refresh has asked for
	verified  atomic.Bool  // the recorded layout is this store's
	closed    atomic.Bool
	once      sync.Once
}

var (
	_ store.LivenessStore = (*Store)(nil)
	_ store.Lister        = (*Store)(nil)
	_ store.Batcher       = (*Store)(nil)
	_ store.Pinger        = (*Store)(nil)
	_ store.Reaper        = (*Store)(nil)
	_ store.Discoverer    = (*Store)(nil)
)

// New returns a store over client, a *redis.Client or *redis.ClusterClient
// that the caller closes after the store. It does no I/O.
//
// The error unwraps to store.ErrInvalid and names what cannot be used: an
// option, a client that reads from replicas, or a *redis.Ring.
func New(client redis.UniversalClient, o Options) (*Store, error) {
	if err := o.complete("New"); err != nil {
		return nil, err
	}
	return build("New", client, o)
}

// build makes a store of complete options. Passwords are those that the
// client does not show.
func build(op string, client redis.UniversalClient, o Options, passwords ...string) (*Store, error) {
	s := &Store{
		ttls:       o.TTLs,
		keepDeaths: o.KeepDeaths,
		keys:       keys{o.Prefix, o.Layout},
		scripts:    newScripts(),
		timeout:    o.Timeout,
		timers:     timers{duration: o.Timeout},
		search:     search{name: rand.Text()},
		log:        o.Logger,
	}
	switch c := client.(type) {
	case *redis.Client:
		if c == nil {
			return nil, invalid(op, "the client is nil")
		}
		s.adopt(append(passwords, c.Options().Password), c.Options().MaxRetries, c.Options().ContextTimeoutEnabled)
		s.servers = &single{s.newQueue(c, func() {})}
		if o.Layout == Auto {
			s.keys.layout = Flat
		}
	case *redis.ClusterClient:
		if c == nil {
			return nil, invalid(op, "the client is nil")
		}
		if co := c.Options(); co.ReadOnly || co.RouteByLatency || co.RouteRandomly {
			return nil, invalid(op, "the client reads from replicas, which lag behind: want ReadOnly, RouteByLatency and RouteRandomly false")
		}
		if o.Layout == Flat {
			return nil, invalid(op, "Options.Layout is Flat, which spreads a workspace over the slots of a Cluster: want Auto or Tagged")
		}
		s.adopt(append(passwords, c.Options().Password), c.Options().MaxRetries, c.Options().ContextTimeoutEnabled)
		s.servers = newCluster(c, s)
		s.keys.layout = Tagged
	case *redis.Ring:
		return nil, invalid(op, "the client is a *redis.Ring, which forgets workspaces when its shards change: want a *redis.Client or *redis.ClusterClient")
	default:
		return nil, invalid(op, "the client is a %T, want a *redis.Client or *redis.ClusterClient", client)
	}
	return s, nil
}

// adopt takes what the store must know of its client.
func (s *Store) adopt(passwords []string, maxRetries int, contexts bool) {
	s.secrets = redactor(passwords)
	if maxRetries > 0 || !contexts {
		s.log.Warn("liveness: the client has not both MaxRetries -1 and ContextTimeoutEnabled: writes may be repeated and come late")
	}
}

// complete sets what was left out, or says what cannot be used.
func (o *Options) complete(op string) error {
	if err := o.TTLs.Validate(); err != nil {
		return &store.Error{Op: op, Err: err}
	}
	keep, err := store.KeepDeaths(o.KeepDeaths)
	if err != nil {
		return &store.Error{Op: op, Err: err}
	}
	o.KeepDeaths = keep
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case !utf8.ValidString(o.Prefix) || strings.ContainsFunc(o.Prefix, unfit):
		return invalid(op, "Options.Prefix is %q, want UTF-8 without white space, control characters or braces", o.Prefix)
	case o.Timeout < 0:
		return invalid(op, "Options.Timeout is %v, want more than 0, or 0 for %v", o.Timeout, DefaultTimeout)
	case o.Layout < Auto || o.Layout > Tagged:
		return invalid(op, "Options.Layout is %d, want Auto, Flat or Tagged", int(o.Layout))
	}
	return nil
}

func unfit(r rune) bool {
	return r == '{' || r == '}' || unicode.IsSpace(r) || unicode.IsControl(r)
}

func invalid(op, format string, args ...any) error {
	return store.Errorf(op, "", store.ErrInvalid, format, args...)
}

// Close makes every further call return ErrClosed. It waits for the pipelines
// under way, at most Options.Timeout, and then closes the client if Open made
// it.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.closed.Store(true)
		w := s.wait(context.Background())
		s.servers.close(w)
		if s.owned != nil {
			if err := s.owned.Close(); err != nil {
				s.log.Warn("liveness: closing the client", "error", s.secrets.Replace(err.Error()))
			}
		}
	})
	return nil
}

// livenessTTL returns what a workspace is granted of which nothing is known.
func (s *Store) livenessTTL() time.Duration {
	return cmp.Or(s.ttls.Liveness, store.DefaultLivenessTTL)
}

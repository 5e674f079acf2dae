// Package redisstore is a liveness store on Redis 6.2 or later, or Valkey, for
// many processes that share it: standalone, behind Sentinel, or a Cluster.
//
// A heartbeat is one command. Concurrent callers share pipelines: whatever waits
// while a pipeline is under way goes with the next one, so the busier a store is, the
// fewer round trips it makes per call. Each caller still returns at its own deadline,
// whatever the server does.
//
// Start with [Open] or [New].
//
//	redisstore.go     Options, New, Close
//	open.go           Open, NewClient, Ping; address.go: the URL; dial.go: connections
//	keys.go           Layout, the names of keys; layout.go: the recorded layout
//	liveness.go       SetOnline, Register, RefreshTTL, Expire, Clear
//	urls.go           the cached URLs
//	lister.go         Online, Count, Lookup
//	batcher.go        the methods for many workspaces
//	reaper.go         Sweep, Claim and what a holder does
//	reconciler.go     the list of deaths, Adopt, Forget
//	sampler.go        Sample, Look
//	restorer.go       Dump, Restore
//	discoverer.go     the search for workspaces that are not in the index
//	index.go          the index of a shard, which lua/index.lua describes
//	scripts.go        the scripts in lua/, each with its keys, arguments and reply
//	commands.go       the commands of each method; reply.go: how replies are read
//	errors.go         what becomes of a failure; advice.go: what would be right
//
// How commands reach the servers is the business of internal/pipeline.
//
// # Clients
//
// [Open] makes a client that suits the store, and [NewClient] makes the same one for an
// application that shares it with the store. Of any client given to [New] the commands of
// the store are sent once and answered from no cache, whatever its options are. But without
// ContextTimeoutEnabled a pipeline to a server that does not answer outlives
// Options.Timeout, and the order of operations on one workspace (C9) is not kept; New warns
// its Logger of such a client.
//
// Hooks of the client, such as those for tracing, see the commands of the store. They
// are added before New, which adds one that stays: of a hook that is added later and
// reads commands, the store cannot tell whether it is the server that has them.
//
// Lone callers, which arrive one at a time, share one more connection to each server,
// with the options of the client and its hooks, but for those of dialling. With a
// Sentinel there is none. A lone caller runs the hooks itself, so a hook that hangs
// holds its caller up. Hooks on a Cluster are those of its nodes, added by OnNewNode.
//
// A client that neither Open nor NewClient made writes to standard error when it cannot
// connect, unless the application calls SetLogger of go-redis, and after some failures
// it makes one attempt in a second.
//
// # Permissions
//
// A Redis user needs +@read +@write +@keyspace +@connection +@scripting +time
// -@dangerous -@admin on the keys of the prefix, such as ~ws:*, and on a
// Cluster +cluster|slots.
//
// # Data
//
// A workspace is a key with the value online and a TTL. Sweeps, searches and
// lists leave other data under the prefix alone. A key that is absent counts as
// expired: on a server that evicts keys for want of memory the living look dead,
// so maxmemory-policy must be noeviction.
//
// # Deaths
//
// A store is a [driver.Reaper] by scripts that the server runs, by its own
// clock; it needs no notifications. A sweep that finds nothing due costs nine
// commands, once in a TTL five more, and no script handles more than about a hundred workspaces. While a
// slot of a Cluster moves, its workspaces can be heard from, but not registered
// or swept.
//
// A refresh that may make a deadline earlier is a script, any other refresh is
// one plain command that leaves the index alone. So if the sweep comes late, the store
// does not know when a workspace died, nor whether it was heard from after a
// Withdraw: the Deadline of its death is its deadline in the index, but not more than
// one TTL before the sweep, and so is Since.
//
// If any one key of the index is lost, the living stay online, and within a TTL the
// sweeps and the search have mended it: no death but those whose records were lost.
//
// Programs that set a liveness key by themselves, as those before this package
// did, are served: a [driver.Discoverer] finds what they registered. If such a
// program deletes the key of a workspace that is in the index, that is a death.
package redisstore

import (
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

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
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

	// Timeout bounds a call whose context does not: one that waits longer for
	// the server is ErrUnavailable. It also bounds each pipeline, and Close. 0
	// means DefaultTimeout.
	Timeout time.Duration

	// Layout says how keys are named. The first call that writes records it in the
	// data, and a store with another layout answers every call with ErrInvalid. The zero value
	// is LayoutAuto.
	Layout Layout

	// KeepDeaths is for how long a death that no monitor hands out is kept.
	// 0 means store.DefaultKeepDeaths.
	KeepDeaths time.Duration

	// Lazy has Open return without an answer of the server, so that an
	// application can start while its server is down. Until the server serves,
	// calls fail with ErrUnavailable. New is always lazy.
	Lazy bool

	// Logger is told when the server stops answering and when it answers
	// again. nil means silence.
	Logger *slog.Logger
}

// Store is a [store.LivenessStore] on Redis. It has no goroutine while no call
// is under way. Create it with New or Open.
type Store struct {
	traits     driver.Traits
	keepDeaths time.Duration
	keys       keys
	scripts    scripts
	timeout    time.Duration
	spaces     sync.Pool // of *[]request
	transport  *pipeline.Transport
	search     search
	log        *slog.Logger
	secrets    *strings.Replacer
	owned      redis.UniversalClient // nil if the caller closes the client

	verified atomic.Bool // the recorded layout is this store's
	closed   atomic.Bool
	once     sync.Once
}

var (
	_ store.LivenessStore = (*Store)(nil)
	_ store.Lister        = (*Store)(nil)
	_ store.Batcher       = (*Store)(nil)
	_ store.Pinger        = (*Store)(nil)
	_ store.Registrar     = (*Store)(nil)
	_ store.Granter       = (*Store)(nil)
	_ store.Expirer       = (*Store)(nil)
	_ driver.Reaper       = (*Store)(nil)
	_ driver.Sampler      = (*Store)(nil)
	_ driver.Reconciler   = (*Store)(nil)
	_ driver.Discoverer   = (*Store)(nil)
	_ driver.Restorer     = (*Store)(nil)
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
		traits:     driver.Traits{TTLs: o.TTLs},
		keepDeaths: o.KeepDeaths,
		keys:       keys{o.Prefix, o.Layout},
		scripts:    newScripts(),
		timeout:    o.Timeout,
		search:     search{name: rand.Text()},
		log:        o.Logger,
	}
	p := pipeline.Options{Timeout: o.Timeout, Logger: o.Logger, Text: func(err error) string { return s.text(err) }}
	switch c := client.(type) {
	case *redis.Client:
		if c == nil {
			return nil, invalid(op, "the client is nil")
		}
		s.inspect(append(passwords, c.Options().Password), c.Options().ContextTimeoutEnabled)
		s.transport = pipeline.New(c, p)
		if o.Layout == LayoutAuto {
			s.keys.layout = LayoutFlat
		}
	case *redis.ClusterClient:
		if c == nil {
			return nil, invalid(op, "the client is nil")
		}
		if co := c.Options(); co.ReadOnly || co.RouteByLatency || co.RouteRandomly {
			return nil, invalid(op, "the client reads from replicas, which lag behind: want ReadOnly, RouteByLatency and RouteRandomly false")
		}
		if o.Layout == LayoutFlat {
			return nil, invalid(op, "Options.Layout is LayoutFlat, which spreads a workspace over the slots of a Cluster: want LayoutAuto or LayoutTagged")
		}
		s.inspect(append(passwords, c.Options().Password), c.Options().ContextTimeoutEnabled)
		s.transport = pipeline.NewCluster(c, p)
		s.keys.layout = LayoutTagged
	case *redis.Ring:
		return nil, invalid(op, "the client is a *redis.Ring, which forgets workspaces when its shards change: want a *redis.Client or *redis.ClusterClient")
	default:
		return nil, invalid(op, "the client is a %T, want a *redis.Client or *redis.ClusterClient", client)
	}
	s.traits.Shards = s.keys.shards()
	return s, nil
}

// inspect keeps the passwords of the client out of texts, and warns of a client
// that heeds no context.
func (s *Store) inspect(passwords []string, contexts bool) {
	s.secrets = redactor(passwords)
	if !contexts {
		s.log.Warn("liveness: the client has not ContextTimeoutEnabled: writes may come late")
	}
}

// complete sets the defaults, or names an option that cannot be used.
func (o *Options) complete(op string) error {
	if err := o.TTLs.Validate(); err != nil {
		return &store.Error{Op: op, Err: err}
	}
	keep, err := driver.KeepDeaths(o.KeepDeaths)
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
	case o.Layout < LayoutAuto || o.Layout > LayoutTagged:
		return invalid(op, "Options.Layout is %d, want LayoutAuto, LayoutFlat or LayoutTagged", int(o.Layout))
	}
	return nil
}

func unfit(r rune) bool {
	return r == '{' || r == '}' || unicode.IsSpace(r) || unicode.IsControl(r)
}

func invalid(op, format string, args ...any) error {
	return driver.Errorf(op, "", store.ErrInvalid, format, args...)
}

// Close makes every further call return ErrClosed. It waits for the pipelines
// under way, at most Options.Timeout, and then closes the client if Open made
// it.
func (s *Store) Close() error {
	s.close(context.Background())
	return nil
}

// close is Close, and does not wait for longer than ctx lasts.
func (s *Store) close(ctx context.Context) {
	s.once.Do(func() {
		s.closed.Store(true)
		limit, closed := s.transport.Limit(ctx), make(chan struct{})
		s.transport.Close(limit)
		go func() { // the client of a Sentinel waits for a dial that is under way
			defer close(closed)
			if s.owned == nil {
				return
			}
			if err := s.owned.Close(); err != nil {
				s.log.Warn("liveness: closing the client", "error", s.secrets.Replace(err.Error()))
			}
		}()
		_ = limit.Wait(closed)
	})
}

// usable returns the error of a context that is done, or of a closed store.
func (s *Store) usable(ctx context.Context, op string) error {
	if err := driver.CheckMany(ctx, op, nil); err != nil {
		return err
	}
	if s.closed.Load() {
		return s.translate(ctx, op, "", pipeline.ErrClosed)
	}
	return nil
}

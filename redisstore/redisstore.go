// Package redisstore is a liveness store on Redis 6.2 or later, or Valkey, for
// many processes that share it: standalone, behind Sentinel, or a Cluster.
//
// A heartbeat is one command. Concurrent callers share pipelines: commands that wait while
// a pipeline is under way go with the next one, so the busier a store is, the fewer round
// trips it makes per call. Each caller still returns at its own deadline, whatever the
// server does.
//
// Start with [Open] or [New].
//
//	redisstore.go  New, Close
//	options.go     Options
//	open.go        Open, NewClient, Ping
//	address.go     the URL of a Redis, and a client for it
//	dial.go        new connections
//
// The methods, in the same files as those of memstore and boltstore. Each checks its
// arguments and sends commands:
//
//	liveness.go    SetOnline, SetOnlineFor, Register, RefreshTTL, RefreshFor, Expire,
//	               IsOnline, Clear
//	urls.go        the cached URLs of a workspace
//	lister.go      Online, Count, Lookup
//	batcher.go     RefreshMany, IsOnlineMany, ClearMany
//	reaper.go      Sweep, Claim, and the calls of the holder of a lease
//	reconciler.go  Deaths, Adopt, Forget
//	sampler.go     Sample, Look
//	restorer.go    Dump, Restore
//	discoverer.go  Discover: the search for workspaces that are not in the index
//
// From a method to the server and back:
//
//	keys.go        the names of keys, Layout
//	layout.go      the layout that is recorded in the data
//	index.go       the keys of the index of a shard, which lua/index.lua describes
//	commands.go    commands that several methods send, and how arguments are written
//	scripts.go     the scripts in lua, with their keys and arguments
//	reply.go       how replies are read
//	errors.go      the error of the store for any failure
//	advice.go      what would be right, for the text of an error
//
// internal/pipeline brings the commands to the servers.
//
// # Walks
//
//	heartbeat     Store.RefreshTTL, refresh (one PEXPIRE), send, pipeline.Transport.Run
//	registration  Store.Register, grant, send; lua/set_online.lua
//	death         Store.Sweep, lua/sweep.lua; Claim, lua/claim.lua; Begin, lua/begin.lua;
//	              Acknowledge, lua/acknowledge.lua
//
// # Clients
//
// [Open] makes a client that suits the store, and [NewClient] makes the same one for an
// application that shares it with the store. Of any client given to [New] the commands of
// the store are sent once and answered from no cache, whatever its options are. But without
// ContextTimeoutEnabled a pipeline to a server that does not answer outlives
// Options.Timeout, and the order of operations on one workspace (C9) is not kept; New logs
// a warning for such a client.
//
// Hooks of the client, such as those for tracing, see the commands of the store. Add them
// before New, which adds a last one. A hook that is added later and looks at the arguments
// of a command makes the store believe that the command is being sent.
//
// Lone callers, which arrive one at a time, share one more connection to each server, unless
// it is found by a Sentinel. It has the options of the client and its hooks, except those
// for dialling. A lone caller runs the hooks itself, so a hook that hangs delays its
// caller. On a Cluster the hooks are those of its nodes, added by OnNewNode.
//
// A client that neither Open nor NewClient made writes to standard error when it cannot
// connect, unless the application calls SetLogger of go-redis. After some failures it
// tries to connect once in a second.
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
// lists leave other data under the prefix alone. A heartbeat, IsOnline and a sweep do not
// look at the value of a key that has a TTL. A key that is absent counts as
// expired: on a server that evicts keys the living look dead, so maxmemory-policy must be
// noeviction. A list or a dump in the middle of which a server restarts or fails over may
// leave workspaces out: a cursor of SCAN is of one process.
//
// # Deaths
//
// A store is a [driver.Reaper] by scripts, which the server runs by its own clock; it needs
// no notifications. A sweep that finds nothing due costs nine commands, and once in a TTL
// five more. No script handles more than about a hundred workspaces. While a slot of a
// Cluster moves, its workspaces can be heard from, but not registered or swept.
//
// The index does what internal/roster does in memory, and that is its model:
// TestChanceAgreesWithTheRoster takes the same steps with both and compares the outcomes.
//
// A refresh that may make a deadline earlier is a script. Any other refresh is one plain
// command that leaves the index alone. So after a late sweep the store does not know when
// a workspace died, nor whether it was heard from after a Withdraw. The Deadline of its
// death, and Since, are then its deadline in the index, but not more than one TTL before
// the sweep.
//
// If any one key of the index is lost, the living stay online, and within a TTL the sweeps
// and the search have mended the index. The deaths whose records were lost stay lost.
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

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Store is a [store.LivenessStore] on Redis. It has no goroutine while no call
// is under way. Create it with [New] or [Open].
//
// It has every capability of package store: [store.Batcher], [store.Expirer],
// [store.Granter], [store.Lister], [store.Pinger] and [store.Registrar]. For a monitor it
// is a [driver.Reaper], [driver.Reconciler], [driver.Restorer], [driver.Sampler] and
// [driver.Discoverer].
type Store struct {
	traits     driver.Traits
	keepDeaths time.Duration
	keys       keys
	scripts    scripts
	timeout    time.Duration
	lists      sync.Pool // of *[]request
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
	_ store.Batcher       = (*Store)(nil)
	_ store.Expirer       = (*Store)(nil)
	_ store.Granter       = (*Store)(nil)
	_ store.Lister        = (*Store)(nil)
	_ store.Pinger        = (*Store)(nil)
	_ store.Registrar     = (*Store)(nil)
	_ driver.Discoverer   = (*Store)(nil)
	_ driver.Reaper       = (*Store)(nil)
	_ driver.Reconciler   = (*Store)(nil)
	_ driver.Restorer     = (*Store)(nil)
	_ driver.Sampler      = (*Store)(nil)
)

// New returns a store over client, a *redis.Client or *redis.ClusterClient
// that the caller closes after the store. It does no I/O.
//
// The error unwraps to store.ErrInvalid and names what cannot be used: an
// option, a client that reads from replicas, or a *redis.Ring.
func New(client redis.UniversalClient, o Options) (*Store, error) {
	const op = "New"
	o, err := o.withDefaults(op)
	if err != nil {
		return nil, err
	}
	return build(op, client, o)
}

// build makes a store of options with defaults. Passwords are those that the client does
// not show.
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
		s.useClient(append(passwords, c.Options().Password), c.Options().ContextTimeoutEnabled)
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
		s.useClient(append(passwords, c.Options().Password), c.Options().ContextTimeoutEnabled)
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

// useClient keeps the passwords of the client out of texts, and warns of a client that
// heeds no context.
func (s *Store) useClient(passwords []string, contexts bool) {
	s.secrets = redactor(passwords)
	if !contexts {
		s.log.Warn("liveness: the client has not ContextTimeoutEnabled: writes may come late")
	}
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

// checkOpen returns the error of a context that is done, or of a closed store.
func (s *Store) checkOpen(ctx context.Context, op string) error {
	if err := driver.CheckMany(ctx, op, nil); err != nil {
		return err
	}
	if s.closed.Load() {
		return s.translate(ctx, op, "", pipeline.ErrClosed)
	}
	return nil
}

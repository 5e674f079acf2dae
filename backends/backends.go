// Package backends opens a liveness store by its URL, so that one setting, such
// as an environment variable, decides where an application keeps liveness:
//
//	memory:                              this process (package memstore)
//	bolt:edge.db                         a file, by its relative path (package boltstore)
//	bolt:///var/lib/edge.db              a file, by its absolute path
//	redis://user:password@host:6379/0    a Redis server (package redisstore)
//	rediss://…                           the same over TLS
//	unix:///run/redis.sock?db=0          the same over a socket
//	redis://host:26379/0?master_name=m   Redis with Sentinel
//	redis://host:6379?cluster=true       Redis Cluster; also with ?addr=host2:6379
//
// It is the one package that imports every backend; an application that needs
// only one calls the constructor of that one.
package backends

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// Options configures the store that Open opens. The zero value works. A field that
// the store at the URL has no use for changes nothing, so that one set of options
// serves every URL.
type Options struct {
	TTLs       store.TTLs
	KeepDeaths time.Duration // for how long a death that no monitor hands out is kept
	Logger     *slog.Logger  // nil means no log

	// Of Redis; see redisstore.Options.
	Prefix  string        // of every key on a server that is shared with others
	Timeout time.Duration // of each wait for the server, whatever the context
	Lazy    bool          // Open does not wait for an answer of the server

	// Of a file; see boltstore.Options.
	Checkpoint time.Duration // how long a heartbeat may be in memory only
	OnCorrupt  boltstore.OnCorrupt

	// Of memory; see memstore.Options.
	MaxOnline int // how many workspaces may be online at once

	// Of a file and of memory.
	MaxDeaths int // how many deaths may be pending, while any was never handed out
}

type scheme struct {
	name    string
	example string
	open    func(ctx context.Context, url string, o Options) (store.LivenessStore, error)
}

func schemes() []scheme {
	return []scheme{
		{"memory", "memory:", openMemory},
		{"bolt", "bolt:edge.db", openBolt},
		{"redis", "redis://localhost:6379/0", openRedis},
		{"rediss", "rediss://localhost:6379/0", openRedis},
		{"unix", "unix:///run/redis.sock", openRedis},
	}
}

// Open opens the store that the URL names, and the caller closes it.
//
// A URL or an option that can never work is ErrInvalid, and the error says what
// would work. Beyond that the errors are those of the backend: ErrUnavailable
// for a server that does not answer, ErrLocked and ErrCorrupt for a file. No
// error holds a password.
func Open(ctx context.Context, url string, o Options) (store.LivenessStore, error) {
	if err := o.TTLs.Validate(); err != nil {
		return nil, &store.Error{Op: op, Err: err}
	}
	name, _, ok := strings.Cut(url, ":")
	if !ok {
		return nil, invalid("the URL of the store has no scheme, want one such as %s", examples())
	}
	s, known := find(name)
	if !known {
		return nil, invalid("the scheme of the store's URL is unknown, want one such as %s", examples())
	}
	return s.open(ctx, url, o)
}

func find(name string) (scheme, bool) {
	all := schemes()
	i := slices.IndexFunc(all, func(s scheme) bool { return strings.EqualFold(s.name, name) })
	if i < 0 {
		return scheme{}, false
	}
	return all[i], true
}

// examples lists a URL for each scheme that Open knows.
func examples() string {
	var urls []string
	for _, s := range schemes() {
		urls = append(urls, s.example)
	}
	return strings.Join(urls, ", ")
}

const op = "Open"

func invalid(format string, args ...any) error {
	return driver.Errorf(op, "", store.ErrInvalid, format, args...)
}

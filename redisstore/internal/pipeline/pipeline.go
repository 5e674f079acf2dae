// Package pipeline sends the commands of many callers to Redis servers. It knows
// nothing of their meaning.
//
// Start with [Transport].
//
//	pipeline.go    Transport: the servers, as its users see them
//	run.go         Request, and how requests get their replies
//	limit.go       how long a caller waits
//	topology.go    which server holds which key; one server for all
//	cluster.go     the masters of a Cluster
//	server.go      Server: the calls for one server, and their round trips
//	call.go        a call, from its caller to the connection
//	lone.go        a connection for callers that arrive one at a time
//	unreachable.go the connection to a server that cannot be reached
//	errors.go      the meaning of errors
//
// A command goes this way: Transport.Run, topology.byKey, Server.submit; in a goroutine
// of the server take, send, exchange; then call.finish, and call.await returns. A lone
// caller goes from Run to Server.callAlone and back.
//
// Commands that wait while a round trip is under way go with the next one, so the more
// callers there are the fewer round trips each of them costs. A lone caller makes the
// round trip itself. Either way
//
//   - a command is sent at most once, unless the server says that it did nothing;
//   - a caller returns when its context is done or Options.Timeout has passed,
//     whatever the servers do;
//   - a command that was not sent by then is never sent;
//   - a server that does not answer delays no command for another.
//
// The automatic pipelines of go-redis keep none of the first three.
package pipeline

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Options configures a Transport.
type Options struct {
	// Timeout bounds each round trip, and how long a caller waits.
	Timeout time.Duration

	// Logger gets one line when a server stops answering and one when it answers again.
	Logger *slog.Logger

	// Text returns the text of an error for the Logger.
	Text func(err error) string
}

// Transport sends commands to the servers that hold their keys.
type Transport struct {
	Options
	timers    timers
	topology  topology
	clustered bool
	closed    atomic.Bool
}

// New returns a transport over one server or, with a client of a Sentinel, the
// master of that time. It adds a hook to the client.
func New(client *redis.Client, o Options) *Transport {
	t := &Transport{Options: o, timers: timers{duration: o.Timeout}}
	t.topology = &single{t.newServer(client, func() {})}
	return t
}

// NewCluster returns a transport over the masters of a Cluster. It adds a hook to
// the client of each.
func NewCluster(client *redis.ClusterClient, o Options) *Transport {
	t := &Transport{Options: o, timers: timers{duration: o.Timeout}, clustered: true}
	t.topology = newCluster(client, t)
	return t
}

// Clustered reports whether the servers are those of a Cluster.
func (t *Transport) Clustered() bool { return t.clustered }

// Ready returns nil once it is known which server holds which key.
func (t *Transport) Ready(limit Limit) error {
	if t.closed.Load() {
		return ErrClosed
	}
	return t.topology.load(limit)
}

// Masters returns the servers that hold any keys, as they are now.
func (t *Transport) Masters(limit Limit) ([]*Server, error) {
	if err := limit.Wait(t.topology.reload()); err != nil {
		return nil, err
	}
	if err := t.topology.failure(); err != nil {
		return nil, err
	}
	return t.topology.masters(), nil
}

// KnownMasters returns the servers that hold any keys, as of the last time that they
// were asked for.
func (t *Transport) KnownMasters() []*Server { return t.topology.masters() }

// ServerOf returns the server that holds the key, as far as is known. It does not wait.
func (t *Transport) ServerOf(key string) (*Server, error) { return t.topology.byKey(key) }

// Close has every further request fail with ErrClosed, and waits for the round trips
// under way. The client is the caller's to close: that ends the round trips
// still under way when the time is up.
func (t *Transport) Close(limit Limit) {
	t.closed.Store(true)
	t.topology.close(limit)
}

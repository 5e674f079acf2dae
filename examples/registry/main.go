// Registry is a small HTTP service that knows which workspaces are online, and
// restarts those that died. It is meant to be copied.
//
//	LIVENESS_STORE=redis://localhost:6379/0 RESTART="docker restart" go run .
//
//	PUT    /workspaces/{id}            register: {"url": "…", "internal_url": "…"}
//	POST   /workspaces/{id}/heartbeat  every 30 s; ?for=10m announces a silence
//	GET    /workspaces/{id}            where it is reached; 404 if it is offline
//	GET    /workspaces                 all that are online, one JSON object a line
//	DELETE /workspaces/{id}            forget it: it is not restarted
//	GET    /healthz                    the state of the monitor; 503 if it is blind
//
// Any number of them may share one Redis. The files:
//
//	main.go     the settings, the start and the graceful stop
//	server.go   the HTTP handlers
//	restart.go  the handler of deaths
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// drain is for how long requests and restarts that have begun may go on after
// SIGTERM.
const drain = 10 * time.Second

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, log); err != nil {
		log.Error("registry", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx has ended. Requests and restarts that have begun may end.
func run(ctx context.Context, log *slog.Logger) error {
	ttl, err := time.ParseDuration(cmp.Or(os.Getenv("LIVENESS_TTL"), store.DefaultLivenessTTL.String()))
	if err != nil {
		return fmt.Errorf("LIVENESS_TTL: %w", err)
	}
	s, err := backends.Open(ctx, cmp.Or(os.Getenv("LIVENESS_STORE"), "memory:"), backends.Options{
		TTLs:   store.TTLs{Liveness: ttl},
		Logger: log,
		Lazy:   true, // a server that is down makes us not ready; we start all the same
	})
	if err != nil {
		return err
	}
	defer s.Close()
	m, err := monitor.New(s, monitor.Config{Logger: log, Drain: drain})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cmp.Or(os.Getenv("LISTEN"), "localhost:8080"))
	if err != nil {
		return err
	}
	server := newServer(s, m.Health())

	serving, stop := context.WithCancelCause(ctx)
	watched := make(chan error, 1)
	go func() {
		err := m.Run(serving, restarter(s, strings.Fields(os.Getenv("RESTART")), log))
		watched <- err
		stop(err)
	}()
	go func() { stop(server.Serve(listener)) }()
	log.Info("registry: listening", "addr", listener.Addr())

	<-serving.Done()
	failed := context.Cause(serving)
	if ctx.Err() != nil { // as it should
		failed = nil
		log.Info("registry: stopping")
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	return errors.Join(failed, server.Shutdown(stopping), <-watched)
}

// newServer bounds the time of everything that a client can make slow.
func newServer(s store.LivenessStore, health http.Handler) *http.Server {
	return &http.Server{
		Handler:           routes(s, health),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute, // more than the time between two heartbeats
	}
}

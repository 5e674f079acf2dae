package backends_test

import (
	"context"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// Each replica of the platform runs a monitor; one of them gets each death.
func Example_monitor() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s, err := backends.Open(ctx, os.Getenv("LIVENESS_STORE"), backends.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	if err := watch(ctx, s); err != nil {
		log.Fatal(err)
	}
}

// watch runs until ctx ends.
func watch(ctx context.Context, s store.LivenessStore) error {
	m, err := monitor.New(s, monitor.Config{
		Probe:    containerRuns,  // optional: a second witness, asked before a restart
		Expected: shouldBeOnline, // optional: ids, from the owner of the workspaces
		Logger:   slog.Default(),
	})
	if err != nil {
		return err
	}
	http.Handle("/healthz", m.Health())
	return m.Run(ctx, func(ctx context.Context, d monitor.Death) error {
		if err := stop(ctx, d.ID); err != nil {
			return err // again later
		}
		if err := start(ctx, d.ID); err != nil {
			return err
		}
		return store.SetOnlineFor(ctx, s, d.ID, bootTime) // a death again if it never comes up
	})
}

const bootTime = 90 * time.Second

func containerRuns(context.Context, string) (bool, error) { return false, nil }

func shouldBeOnline(context.Context) ([]string, error) { return []string{"agent-7"}, nil }

func stop(context.Context, string) error  { return nil }
func start(context.Context, string) error { return nil }

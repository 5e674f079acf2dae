package backends_test

import (
	"context"
	"log"
	"log/slog"
	"os"
	"os/signal"

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

func watch(ctx context.Context, s store.LivenessStore) error {
	m, err := monitor.New(s, monitor.Config{
		Expected: shouldBeOnline, // optional: ids, from whoever owns the workspaces
		Logger:   slog.Default(),
	})
	if err != nil {
		return err
	}
	return m.Run(ctx, func(ctx context.Context, d monitor.Death) error {
		return restart(ctx, d.ID) // nil: done; an error: again later
	})
}

func shouldBeOnline(context.Context) ([]string, error) { return []string{"agent-7"}, nil }

func restart(context.Context, string) error { return nil }

package backends_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/store"
)

// One environment variable decides where liveness is kept.
func Example() {
	ctx := context.Background()
	url := cmp.Or(os.Getenv("LIVENESS_STORE"), "memory:")
	s, err := backends.Open(ctx, url, backends.Options{Logger: slog.Default()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	if _, err := store.Heartbeat(ctx, s, "agent-7"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.IsOnline(ctx, "agent-7"))
	// Output: true <nil>
}

func ExampleOpen_unknownScheme() {
	_, err := backends.Open(context.Background(), "etcd://localhost:2379", backends.Options{})
	fmt.Println(err)
	// Output: liveness: Open: invalid: the scheme of the store's URL is unknown, want one such as memory:, bolt:edge.db, redis://localhost:6379/0, rediss://localhost:6379/0, unix:///run/redis.sock
}

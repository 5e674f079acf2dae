package backends_test

import (
	"context"
	"log"
	"os"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// Production: many replicas share one Redis.
func Example_production() {
	ctx := context.Background()
	s, err := redisstore.Open(ctx, os.Getenv("REDIS_URL"), redisstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	hear(ctx, s)
}

// Local development: nothing to install, gone with the process.
func Example_development() {
	ctx := context.Background()
	s, err := memstore.New(memstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	hear(ctx, s)
}

// A single-node edge install: one file, which survives restarts and power cuts.
func Example_edge() {
	ctx := context.Background()
	s, err := boltstore.Open("/var/lib/edge/liveness.db", boltstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	hear(ctx, s)
}

func hear(ctx context.Context, s store.LivenessStore) {
	registered, err := store.Heartbeat(ctx, s, "agent-7")
	if err != nil {
		log.Print(err) // not known; it may well be alive
		return
	}
	if registered {
		log.Print("agent-7 is online now")
	}
}

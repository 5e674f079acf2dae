package boltstore_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/store"
)

func Example() {
	dir, err := os.MkdirTemp("", "edge")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	open := func() *boltstore.Store {
		s, err := boltstore.Open(filepath.Join(dir, "liveness.db"), boltstore.Options{})
		if err != nil {
			log.Fatal(err)
		}
		return s
	}

	s := open()
	registered, err := store.Heartbeat(ctx, s, "agent-7")
	fmt.Println("registered:", registered, err)
	fmt.Println("cached:", s.CacheURL(ctx, "agent-7", "http://10.0.0.7:8080"))
	fmt.Println("closed:", s.Close())

	s = open() // after a restart
	defer s.Close()
	online, err := s.IsOnline(ctx, "agent-7")
	fmt.Println("online:", online, err)
	url, err := s.GetCachedURL(ctx, "agent-7")
	fmt.Println("reached at:", url, err)
	// Output:
	// registered: true <nil>
	// cached: <nil>
	// closed: <nil>
	// online: true <nil>
	// reached at: http://10.0.0.7:8080 <nil>
}

package redisstore_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/alicebob/miniredis/v2"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

func Example() {
	server := miniredis.NewMiniRedis()
	if err := server.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	ctx := context.Background()
	s, err := redisstore.Open(ctx, "redis://"+server.Addr(), redisstore.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	registered, err := store.Heartbeat(ctx, s, "agent-1")
	fmt.Println("registered:", registered, err)

	server.FastForward(store.DefaultLivenessTTL)
	online, err := s.IsOnline(ctx, "agent-1")
	fmt.Println("online:", online, err)
	fmt.Println("not found:", errors.Is(s.RefreshTTL(ctx, "agent-1"), store.ErrNotFound))

	// Output:
	// registered: true <nil>
	// online: false <nil>
	// not found: true
}

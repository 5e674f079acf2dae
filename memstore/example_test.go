package memstore_test

import (
	"context"
	"fmt"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

func Example() {
	s, err := memstore.New(memstore.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	ctx := context.Background()
	for range 2 {
		registered, err := store.Heartbeat(ctx, s, "agent-7")
		fmt.Println("registered:", registered, err)
	}
	fmt.Println(s.IsOnline(ctx, "agent-7"))
	fmt.Println(s.IsOnline(ctx, "agent-8"))
	// Output:
	// registered: true <nil>
	// registered: false <nil>
	// true <nil>
	// false <nil>
}

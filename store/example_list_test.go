package store_test

import (
	"context"
	"fmt"
	"log"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// A list of those that are online. The loop may call the store.
func ExampleOnline() {
	ctx, s := context.Background(), open()
	defer s.Close()

	for _, id := range []string{"agent-7", "agent-8"} {
		if err := store.Register(ctx, s, id, "https://"+id+".example", ""); err != nil {
			log.Fatal(err)
		}
	}
	var lines []string
	for status, err := range store.Online(ctx, s) {
		if err != nil {
			log.Fatal(err) // the last item: the list is not whole
		}
		url, err := s.GetCachedURL(ctx, status.ID)
		if err != nil {
			log.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(status.ID, " for ", status.Remaining.Round(time.Minute), " at ", url))
	}
	slices.Sort(lines) // they come in no order
	for _, line := range lines {
		fmt.Println(line)
	}
	fmt.Println(store.Count(ctx, s))
	// Output:
	// agent-7 for 3m0s at https://agent-7.example
	// agent-8 for 3m0s at https://agent-8.example
	// 2 <nil>
}

// A gateway passes on the heartbeats of many at once, and registers those that were
// offline.
func ExampleRefreshMany() {
	ctx, s := context.Background(), open()
	defer s.Close()

	if err := s.SetOnline(ctx, "agent-7"); err != nil {
		log.Fatal(err)
	}
	ids := []string{"agent-7", "agent-8"}
	online, err := store.RefreshMany(ctx, s, ids)
	fmt.Println(online, err)
	for i, id := range ids {
		if !online[i] {
			fmt.Println(id, s.SetOnline(ctx, id))
		}
	}
	fmt.Println(store.IsOnlineMany(ctx, s, ids))
	// Output:
	// [true false] <nil>
	// agent-8 <nil>
	// [true true] <nil>
}

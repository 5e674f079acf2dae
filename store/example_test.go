package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

func open() store.LivenessStore {
	s, err := memstore.New(memstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return s
}

// The platform answers each heartbeat of a workspace that should be online.
func ExampleHeartbeat() {
	ctx, s := context.Background(), open()
	defer s.Close()

	for range 2 {
		registered, err := store.Heartbeat(ctx, s, "agent-7")
		if err != nil {
			log.Fatal(err)
		}
		if registered { // it was offline, and its URLs may have been forgotten
			err = s.CacheURL(ctx, "agent-7", "https://agent-7.example")
		}
		fmt.Println("registered:", registered, err)
	}
	// Output:
	// registered: true <nil>
	// registered: false <nil>
}

// An agent that is about to be busy for ten minutes says so.
func ExampleHeartbeatFor() {
	ctx, s := context.Background(), open()
	defer s.Close()

	show := func() {
		status, err := store.Lookup(ctx, s, "agent-7")
		fmt.Println(status.Remaining.Round(time.Minute), err)
	}
	_, err := store.HeartbeatFor(ctx, s, "agent-7", 10*time.Minute)
	fmt.Println(err)
	show()

	_, err = store.Heartbeat(ctx, s, "agent-7") // the usual TTL again
	fmt.Println(err)
	show()
	// Output:
	// <nil>
	// 10m0s <nil>
	// <nil>
	// 3m0s <nil>
}

// One call answers whether a workspace is online, and where it is reached.
func ExampleLookup() {
	ctx, s := context.Background(), open()
	defer s.Close()

	err := store.Register(ctx, s, "agent-7", "https://agent-7.example", "http://10.0.0.7:8080")
	fmt.Println(err)

	for _, id := range []string{"agent-7", "agent-8"} {
		status, err := store.Lookup(ctx, s, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			fmt.Println(id, "is offline")
		case err != nil:
			fmt.Println(id, "may be online or not:", err)
		default:
			fmt.Println(id, "is reached at", status.InternalURL)
		}
	}
	// Output:
	// <nil>
	// agent-7 is reached at http://10.0.0.7:8080
	// agent-8 is offline
}

// A new workspace is online and has its URLs, or neither.
func ExampleRegister() {
	ctx, s := context.Background(), open()
	defer s.Close()

	err := store.Register(ctx, s, "agent-7", "https://agent-7.example", "")
	fmt.Println(err)
	fmt.Println(s.IsOnline(ctx, "agent-7"))
	fmt.Println(s.GetCachedURL(ctx, "agent-7"))

	err = store.Register(ctx, s, "agent-8", "agent-8.example", "")
	fmt.Println(errors.Is(err, store.ErrInvalid))
	fmt.Println(s.IsOnline(ctx, "agent-8"))
	// Output:
	// <nil>
	// true <nil>
	// https://agent-7.example <nil>
	// true
	// false <nil>
}

// The runtime has seen that the container is gone: the monitor need not wait
// for the TTL.
func ExampleExpire() {
	ctx, s := context.Background(), open()
	defer s.Close()

	_, err := store.Heartbeat(ctx, s, "agent-7")
	fmt.Println(err)
	fmt.Println(store.Expire(ctx, s, "agent-7"))
	fmt.Println(s.IsOnline(ctx, "agent-7"))
	// Output:
	// <nil>
	// <nil>
	// false <nil>
}

// A handler of deaths ends a restart by granting the time that the replacement
// has to come up. If no heartbeat arrives in that time, the workspace is a death
// again.
func ExampleSetOnlineFor() {
	ctx, s := context.Background(), open()
	defer s.Close()

	const bootTime = time.Minute
	restart := func(ctx context.Context, id string) error {
		// Stop the old container, start the new one, and then:
		return store.SetOnlineFor(ctx, s, id, bootTime)
	}
	fmt.Println(restart(ctx, "agent-7"))
	fmt.Println(s.IsOnline(ctx, "agent-7"))
	// Output:
	// <nil>
	// true <nil>
}

// counting counts the heartbeats and leaves all else to the store that it
// wraps.
type counting struct {
	store.LivenessStore
	heartbeats int
}

// Unwrap lets As find the capabilities of the wrapped store.
func (c *counting) Unwrap() store.LivenessStore { return c.LivenessStore }

func (c *counting) RefreshTTL(ctx context.Context, id string) error {
	c.heartbeats++
	return c.LivenessStore.RefreshTTL(ctx, id)
}

// A wrapper implements Unwrap, and not every capability again.
func ExampleAs() {
	ctx := context.Background()
	s := &counting{LivenessStore: open()}
	defer s.Close()

	_, err := store.Heartbeat(ctx, s, "agent-7")
	fmt.Println(s.heartbeats, err)

	lister, ok := store.As[store.Lister](s)
	fmt.Println(ok)
	fmt.Println(lister.Count(ctx))
	// Output:
	// 1 <nil>
	// true
	// 1 <nil>
}

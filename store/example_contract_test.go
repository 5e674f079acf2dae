package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

// Where a workspace is reached is known apart from whether it is online.
func ExampleLivenessStore() {
	ctx, s := context.Background(), open()
	defer s.Close()

	fmt.Println(s.CacheURL(ctx, "agent-7", "https://agent-7.example"))
	fmt.Println(s.GetCachedURL(ctx, "agent-7"))
	fmt.Println(s.IsOnline(ctx, "agent-7"))

	fmt.Println(s.Clear(ctx, "agent-7")) // its owner has deleted it
	_, err := s.GetCachedURL(ctx, "agent-7")
	fmt.Println(errors.Is(err, store.ErrNotFound))
	// Output:
	// <nil>
	// https://agent-7.example <nil>
	// false <nil>
	// <nil>
	// true
}

// Leaders stall for minutes and are given more time than the others.
func ExampleTTLs() {
	s, err := memstore.New(memstore.Options{TTLs: store.TTLs{
		Liveness: time.Minute,
		For: func(id string) time.Duration {
			if strings.HasPrefix(id, "leader-") {
				return 5 * time.Minute
			}
			return 0 // Liveness
		},
	}})
	fmt.Println(err)
	defer s.Close()

	ctx := context.Background()
	for _, id := range []string{"leader-1", "agent-7"} {
		_, err := store.Heartbeat(ctx, s, id)
		status, _ := store.Lookup(ctx, s, id)
		fmt.Println(id, "for", status.Remaining.Round(time.Minute), err)
	}
	// Output:
	// <nil>
	// leader-1 for 5m0s <nil>
	// agent-7 for 1m0s <nil>
}

// A TTL of less than three heartbeats would take a lost one for a death.
func ExampleTTLs_Validate() {
	fmt.Println(store.TTLs{Liveness: time.Minute, Heartbeat: 20 * time.Second}.Validate())
	err := store.TTLs{Liveness: 45 * time.Second, Heartbeat: 20 * time.Second}.Validate()
	fmt.Println(errors.Is(err, store.ErrInvalid))
	// Output:
	// <nil>
	// true
}

// An error says of which call and of which workspace it is.
func ExampleError() {
	ctx, s := context.Background(), open()
	defer s.Close()

	err := s.RefreshTTL(ctx, "agent-7")
	fmt.Println(err)
	fmt.Println(errors.Is(err, store.ErrNotFound))

	var e *store.Error
	if errors.As(err, &e) {
		fmt.Println(e.Op, e.ID)
	}
	// Output:
	// liveness: RefreshTTL "agent-7": not found
	// true
	// RefreshTTL agent-7
}

// A service is ready once its store answers.
func ExamplePing() {
	s := open()
	defer s.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	fmt.Println(store.Ping(ctx, s))
	// Output: <nil>
}

// An API refuses an id before it makes a workspace of that name.
func ExampleCheckID() {
	for _, id := range []string{"agent-7", "agent:7", ""} {
		fmt.Printf("%q %v\n", id, store.CheckID(id) == nil)
	}
	// Output:
	// "agent-7" true
	// "agent:7" false
	// "" false
}

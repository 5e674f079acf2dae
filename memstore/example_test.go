package memstore_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
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

// The contents of one store are carried to another, with the time that remains.
func ExampleStore_Restore() {
	ctx := context.Background()
	from, err := memstore.New(memstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer from.Close()
	to, err := memstore.New(memstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer to.Close()

	_ = from.Register(ctx, "agent-7", "https://agent-7.example.com", "")
	for record, err := range from.Dump(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		if err := to.Restore(ctx, []driver.Record{record}); err != nil {
			log.Fatal(err)
		}
	}
	status, _ := to.Lookup(ctx, "agent-7")
	fmt.Println(status.Remaining.Round(time.Second), status.URL)
	// Output: 3m0s https://agent-7.example.com
}

// A store with bounds: to set one workspace more online is refused, and the least
// recently used URL goes first.
func ExampleNew() {
	s, err := memstore.New(memstore.Options{
		TTLs:      store.TTLs{Liveness: 10 * time.Minute},
		MaxOnline: 1,
		MaxURLs:   1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	ctx := context.Background()
	_ = s.SetOnline(ctx, "agent-7")
	fmt.Println(errors.Is(s.SetOnline(ctx, "agent-8"), store.ErrFull))

	_ = s.CacheURL(ctx, "agent-7", "https://agent-7.example.com")
	_ = s.CacheURL(ctx, "agent-8", "https://agent-8.example.com")
	_, err = s.GetCachedURL(ctx, "agent-7")
	fmt.Println(errors.Is(err, store.ErrNotFound))
	// Output:
	// true
	// true
}

// The container of a workspace is gone: it is offline before its deadline.
func ExampleStore_Expire() {
	s, err := memstore.New(memstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	ctx := context.Background()
	_ = s.SetOnline(ctx, "agent-7")
	fmt.Println(s.Expire(ctx, "agent-7"))
	fmt.Println(s.IsOnline(ctx, "agent-7"))
	// Output:
	// <nil>
	// false <nil>
}

// An agent that is about to be busy is online for as long as it asked, and one that
// registers is online and can be reached in the same step.
func ExampleStore_Register() {
	s, err := memstore.New(memstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	ctx := context.Background()
	_ = s.Register(ctx, "agent-7", "https://agent-7.example.com", "http://10.0.0.7:8080")
	_ = s.SetOnlineFor(ctx, "agent-7", 20*time.Minute)
	status, err := s.Lookup(ctx, "agent-7")
	fmt.Println(status.Remaining.Round(time.Minute), status.InternalURL, err)
	// Output: 20m0s http://10.0.0.7:8080 <nil>
}

// A whole fleet is cleared in one call.
func ExampleStore_ClearMany() {
	s, err := memstore.New(memstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	ctx := context.Background()
	fleet := []string{"agent-7", "agent-8"}
	for _, id := range fleet {
		_ = s.SetOnline(ctx, id)
	}
	fmt.Println(s.Count(ctx))
	fmt.Println(s.ClearMany(ctx, fleet))
	fmt.Println(s.Count(ctx))
	// Output:
	// 2 <nil>
	// <nil>
	// 0 <nil>
}

package memstore_test

import (
	"context"
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

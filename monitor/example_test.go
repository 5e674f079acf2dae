package monitor_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

func Example() {
	s, err := memstore.New(memstore.Options{TTLs: store.TTLs{Liveness: 100 * time.Millisecond}})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	m, err := monitor.New(s, monitor.Config{})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	if err := s.SetOnline(ctx, "agent-7"); err != nil {
		log.Fatal(err)
	}
	err = m.Run(ctx, func(_ context.Context, d monitor.Death) error {
		fmt.Println("restart", d.ID, "attempt", d.Attempt)
		stop() // in a service, Run goes on until it ends
		return nil
	})
	fmt.Println(err)
	// Output:
	// restart agent-7 attempt 1
	// <nil>
}

// A program of an operator pauses the monitors of a store, which run elsewhere.
func ExampleMonitor_Agreement() {
	s, err := memstore.New(memstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	m, err := monitor.New(s, monitor.Config{})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	if err := m.Pause(ctx, "the network is being replaced", time.Now().Add(time.Hour)); err != nil {
		log.Fatal(err)
	}
	a, err := m.Agreement(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.PauseReason)
	// Output: the network is being replaced
}

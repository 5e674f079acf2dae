package monitor_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// open returns a store whose workspaces are dead after a tenth of a second, and a
// monitor of it.
func open(c monitor.Config) (*memstore.Store, *monitor.Monitor) {
	s, err := memstore.New(memstore.Options{TTLs: store.TTLs{Liveness: 100 * time.Millisecond}})
	if err != nil {
		log.Fatal(err)
	}
	m, err := monitor.New(s, c)
	if err != nil {
		log.Fatal(err)
	}
	return s, m
}

func Example() {
	s, m := open(monitor.Config{})
	defer s.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	if err := s.SetOnline(ctx, "agent-7"); err != nil {
		log.Fatal(err)
	}
	err := m.Run(ctx, func(_ context.Context, d monitor.Death) error {
		fmt.Println("restart", d.ID, "attempt", d.Attempt)
		stop() // in a service, Run goes on until it ends
		return nil
	})
	fmt.Println(err)
	// Output:
	// restart agent-7 attempt 1
	// <nil>
}

// A handler that fails is called again. Observe sees each step.
func ExampleConfig_observe() {
	s, m := open(monitor.Config{
		Backoff: monitor.Backoff{First: 10 * time.Millisecond},
		Observe: func(ev monitor.Event) {
			switch ev.Kind {
			case monitor.HandedOut, monitor.Failed, monitor.Handled:
				fmt.Println(ev.ID, ev.Kind, ev.Attempt)
			}
		},
	})
	defer s.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	if err := s.SetOnline(ctx, "agent-7"); err != nil {
		log.Fatal(err)
	}
	err := m.Run(ctx, func(_ context.Context, d monitor.Death) error {
		if d.Attempt == 1 {
			return fmt.Errorf("no node is free")
		}
		stop()
		return nil
	})
	fmt.Println(err)
	// Output:
	// agent-7 handed out 1
	// agent-7 failed 1
	// agent-7 handed out 2
	// agent-7 handled 2
	// <nil>
}

// The owner knows of a workspace that never registered.
func ExampleConfig_expected() {
	s, m := open(monitor.Config{
		Expected: func(context.Context) ([]string, error) { return []string{"agent-7"}, nil },
	})
	defer s.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	err := m.Run(ctx, func(_ context.Context, d monitor.Death) error {
		fmt.Println("start", d.ID, "adopted:", d.Adopted)
		stop()
		return nil
	})
	fmt.Println(err)
	// Output:
	// start agent-7 adopted: true
	// <nil>
}

// A probe of an orchestrator asks whether the monitor does its work.
func ExampleMonitor_Health() {
	s, m := open(monitor.Config{})
	defer s.Close()

	health := func() int {
		w := httptest.NewRecorder()
		m.Health().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		return w.Code
	}
	fmt.Println(m.Status().State, health())

	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- m.Run(ctx, func(context.Context, monitor.Death) error { return nil }) }()
	for m.Status().State != monitor.StateNormal { // after the grace at the start
		time.Sleep(time.Millisecond)
	}
	fmt.Println(m.Status().State, health())
	stop()
	fmt.Println(<-done)
	// Output:
	// starting 503
	// normal 200
	// <nil>
}

// A program of an operator pauses the monitors of a store, which run elsewhere.
func ExampleMonitor_Agreement() {
	s, m := open(monitor.Config{})
	defer s.Close()
	ctx := context.Background()

	if err := m.Pause(ctx, "the network is being replaced", time.Now().Add(time.Hour)); err != nil {
		log.Fatal(err)
	}
	a, err := m.Agreement(ctx)
	fmt.Println(a.PauseReason, err)

	if err := m.Resume(ctx); err != nil {
		log.Fatal(err)
	}
	a, err = m.Agreement(ctx)
	fmt.Println(a.PauseUntil.IsZero(), err)
	// Output:
	// the network is being replaced <nil>
	// true <nil>
}

// The deaths that wait for a handler, for an operator.
func ExampleMonitor_Pending() {
	s, m := open(monitor.Config{})
	defer s.Close()
	ctx := context.Background()

	if err := s.SetOnline(ctx, "agent-7"); err != nil {
		log.Fatal(err)
	}
	if err := store.Expire(ctx, s, "agent-7"); err != nil {
		log.Fatal(err)
	}
	for d, err := range m.Pending(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(d.ID, d.Phase, d.Attempt)
	}
	// Output: agent-7 ready 0
}

package monitor_test

import (
	"context"
	"fmt"
	"log"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// A second witness: the container runtime is asked before anything is restarted.
func ExampleConfig_probe() {
	asked := 0
	s, m := open(monitor.Config{
		Probe: func(_ context.Context, id string) (alive bool, err error) {
			asked++
			alive = asked == 1 // it is busy, and a TTL later its container is gone
			fmt.Println(id, "runs:", alive)
			return alive, nil
		},
	})
	defer s.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	if err := s.SetOnline(ctx, "agent-7"); err != nil {
		log.Fatal(err)
	}
	err := m.Run(ctx, func(_ context.Context, d monitor.Death) error {
		fmt.Println("restart", d.ID)
		stop() // in a service, Run goes on until it ends
		return nil
	})
	fmt.Println(err)
	// Output:
	// agent-7 runs: true
	// agent-7 runs: false
	// restart agent-7
	// <nil>
}

// A handler prepares for minutes. Just before the step that would harm a living
// workspace it looks again.
func ExampleRecheck() {
	s, m := open(monitor.Config{})
	defer s.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()

	if err := s.SetOnline(ctx, "agent-7"); err != nil {
		log.Fatal(err)
	}
	err := m.Run(ctx, func(ctx context.Context, d monitor.Death) error {
		defer stop() // in a service, Run goes on until it ends
		fmt.Println("a new container is prepared for", d.ID)
		if _, err := store.Heartbeat(ctx, s, d.ID); err != nil { // meanwhile the old one is heard from
			return err
		}
		err := monitor.Recheck(ctx)
		fmt.Println(err)
		return err
	})
	fmt.Println(err)
	// Output:
	// a new container is prepared for agent-7
	// liveness: the workspace came back or was cleared
	// <nil>
}

package observe_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/observe"
	"github.com/molecule-ai/liveness/store"
)

// A service whose store and monitor tell OpenTelemetry what they do.
func Example() {
	s, err := memstore.New(memstore.Options{TTLs: store.TTLs{Liveness: 100 * time.Millisecond}})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	if err := s.SetOnline(ctx, "agent-7"); err != nil {
		log.Fatal(err)
	}
	err = watch(ctx, s, func(_ context.Context, d monitor.Death) error {
		fmt.Println("restart", d.ID)
		stop() // in a service, Run goes on until it ends
		return nil
	})
	fmt.Println(err)
	// Output:
	// restart agent-7
	// <nil>
}

func watch(ctx context.Context, s store.LivenessStore, restart monitor.Handler) (err error) {
	s, err = observe.Store(s, observe.Options{}) // the zero value tells the global providers
	if err != nil {
		return err
	}
	o, err := observe.Monitor(observe.Options{})
	if err != nil {
		return err
	}
	m, err := monitor.New(s, monitor.Config{Observe: o.Event})
	if err != nil {
		return err
	}
	stop, err := o.Watch(m)
	if err != nil {
		return err
	}
	defer stop()
	return m.Run(ctx, o.Handler(restart))
}

package observe_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

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

// The metrics of a call are named by the method. Here a reader collects them; a service has
// an exporter in its place.
func ExampleStore() {
	reader := metric.NewManualReader()
	inner, err := memstore.New(memstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	s, err := observe.Store(inner, observe.Options{
		MeterProvider: metric.NewMeterProvider(metric.WithReader(reader)),
		Attributes:    []attribute.KeyValue{attribute.String("platform.region", "eu")},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	if _, err := store.Heartbeat(ctx, s, "agent-7"); err != nil {
		log.Fatal(err)
	}
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &collected); err != nil {
		log.Fatal(err)
	}
	for _, m := range collected.ScopeMetrics[0].Metrics {
		if calls, ok := m.Data.(metricdata.Histogram[float64]); ok {
			for _, c := range calls.DataPoints {
				method, _ := c.Attributes.Value("db.operation.name")
				outcome, _ := c.Attributes.Value("liveness.outcome")
				fmt.Println(method.AsString(), outcome.AsString(), c.Count)
			}
		}
	}
	// Unordered output:
	// RefreshTTL not_found 1
	// SetOnline ok 1
}

// An application with a function of its own at Config.Observe calls both.
func ExampleObserver_Event() {
	o, err := observe.Monitor(observe.Options{})
	if err != nil {
		log.Fatal(err)
	}
	c := monitor.Config{Observe: func(e monitor.Event) {
		o.Event(e)
		if e.Kind == monitor.HoldBegan {
			log.Println("wake the operator:", e.Reason)
		}
	}}
	c.Observe(monitor.Event{Kind: monitor.HandedOut, ID: "agent-7", Attempt: 1})
}

package observe_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/conformance/monitored"
	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/observe"
	"github.com/molecule-ai/liveness/store"
)

// everything keeps each span and metric.
func everything() observe.Options {
	return observe.Options{
		MeterProvider:  metric.NewMeterProvider(metric.WithReader(metric.NewManualReader())),
		TracerProvider: trace.NewTracerProvider(trace.WithSpanProcessor(tracetest.NewSpanRecorder())),
		IDs:            true,
	}
}

func inMemory() conformance.Harness {
	return conformance.Harness{
		Bubble: true,
		Lacks: []string{
			"the store is never full", "the store forgets no URL before its time",
			"Harness.Reopen is nil", "Harness.Join is nil", "Harness.Break is nil",
		},
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			s, err := memstore.New(memstore.Options{TTLs: ttls})
			require.NoError(t, err)
			o, err := observe.Store(s, everything())
			require.NoError(t, err)
			return o
		},
	}
}

func TestConformanceOfAnObservedStore(t *testing.T) { conformance.Run(t, inMemory()) }

func TestAMonitorOverAnObservedStoreKeepsItsGuarantees(t *testing.T) {
	monitored.Run(t, inMemory())
}

// Package tracing holds the tests of redisstore over a client that redisotel traces
// and measures, and over one that caches. It is a module of its own, so that users of the library do not pay
// for what only these tests need.
package tracing

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// telemetry keeps what redisotel tells of a client.
type telemetry struct {
	spans  *tracetest.SpanRecorder
	tracer *trace.TracerProvider
	meter  *metric.ManualReader
}

// instrument has a client traced and measured.
func instrument(t testing.TB, client *redis.Client) telemetry {
	t.Helper()
	seen := telemetry{spans: tracetest.NewSpanRecorder(), meter: metric.NewManualReader()}
	seen.tracer = trace.NewTracerProvider(trace.WithSpanProcessor(seen.spans))
	require.NoError(t, redisotel.InstrumentTracing(client, redisotel.WithTracerProvider(seen.tracer)))
	require.NoError(t, redisotel.InstrumentMetrics(client, redisotel.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(seen.meter)))))
	return seen
}

// named returns the spans that have ended, of that name.
func (s telemetry) named(name string) []trace.ReadOnlySpan {
	return slices.DeleteFunc(s.spans.Ended(), func(span trace.ReadOnlySpan) bool { return span.Name() != name })
}

// names returns the names of the spans that have ended, each once.
func (s telemetry) names() []string {
	var names []string
	for _, span := range s.spans.Ended() {
		names = append(names, span.Name())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// commands returns how many commands and pipelines were measured.
func (s telemetry) commands(t *testing.T) (n uint64) {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, s.meter.Collect(t.Context(), &all))
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			if h, ok := m.Data.(metricdata.Histogram[float64]); ok && m.Name == "db.client.connections.use_time" {
				for _, point := range h.DataPoints {
					n += point.Count
				}
			}
		}
	}
	return n
}

// newStore returns a store over the client, which is closed after it.
func newStore(t testing.TB, client *redis.Client, o redisstore.Options) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(client, o)
	require.NoError(t, err)
	t.Cleanup(func() {
		s.Close()
		client.Close()
	})
	return s
}

func options(server *redistest.Server) *redis.Options {
	return &redis.Options{Addr: server.Addr(), MaxRetries: -1, ContextTimeoutEnabled: true}
}

// Tracing reads the commands before the client has connected. A call whose context
// ends meanwhile is never executed.
//
// It fails if the store takes a command that is read for one that is written.
func TestACallThatHasReturnedIsNotExecutedLater(t *testing.T) {
	ctx := context.Background()
	for name, call := range map[string]func(ctx context.Context, s *redisstore.Store) error{
		"one command":      func(ctx context.Context, s *redisstore.Store) error { return s.Clear(ctx, "a") },
		"several commands": func(ctx context.Context, s *redisstore.Store) error { return s.ClearMany(ctx, []string{"a", "b"}) },
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			var stuck atomic.Bool
			dial := make(chan struct{})
			o := options(server)
			o.PoolSize, o.ConnMaxLifetime = 1, time.Millisecond // each call connects
			o.Dialer = func(_ context.Context, network, addr string) (net.Conn, error) {
				if stuck.Load() {
					<-dial
				}
				return net.Dial(network, addr)
			}
			client := redis.NewClient(o)
			seen := instrument(t, client)
			s := newStore(t, client, redisstore.Options{Timeout: time.Minute})
			require.NoError(t, call(ctx, s)) // now the server knows the script
			require.NoError(t, s.SetOnline(ctx, "a"))
			require.NoError(t, s.SetOnline(ctx, "b"))
			require.NotEmpty(t, seen.names(), "nothing is traced")
			time.Sleep(10 * time.Millisecond)
			stuck.Store(true)
			short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			require.ErrorIs(t, call(short, s), context.DeadlineExceeded)
			stuck.Store(false)
			close(dial)
			require.NoError(t, s.SetOnline(ctx, "last"))
			require.EqualValues(t, 2, server.Client(t).Exists(ctx, "ws:a", "ws:b").Val(), "a call that had ended has an effect")
		})
	}
}

func TestTheCommandsOfTheStoreAreTracedAndMeasured(t *testing.T) {
	ctx := context.Background()
	client := redis.NewClient(options(redistest.Start(t)))
	seen := instrument(t, client)
	s := newStore(t, client, redisstore.Options{})
	require.NoError(t, s.SetOnline(ctx, "a"))
	require.NoError(t, s.SetOnline(ctx, "b"))
	require.NoError(t, s.RefreshTTL(ctx, "a"))
	_, err := s.RefreshMany(ctx, []string{"a", "b"})
	require.NoError(t, err)

	t.Logf("spans: %q; %d commands and pipelines measured", seen.names(), seen.commands(t))
	for _, name := range []string{"evalsha", "pexpire", "redis.dial"} {
		require.NotEmpty(t, seen.named(name), "no span %q", name)
	}
	require.True(t, slices.ContainsFunc(seen.names(), func(name string) bool {
		return strings.HasPrefix(name, "redis.pipeline ") && strings.Contains(name, "pexpire")
	}), "no span of a pipeline")
	require.True(t, slices.ContainsFunc(seen.named("pexpire")[0].Attributes(), func(a attribute.KeyValue) bool {
		return a.Key == "db.statement" && strings.HasPrefix(a.Value.AsString(), "pexpire ws:a 180000") && !strings.Contains(a.Value.AsString(), "no reply")
	}), "the span does not hold the command")
	require.Positive(t, seen.commands(t))
}

// The spans of a caller who shares no pipeline belong to the caller's trace.
//
// It fails if the store gives the client a context of its own.
func TestTheSpanOfALoneCallerIsAChildOfTheCallers(t *testing.T) {
	client := redis.NewClient(options(redistest.Start(t)))
	seen := instrument(t, client)
	s := newStore(t, client, redisstore.Options{})
	require.NoError(t, s.SetOnline(t.Context(), "a"))
	const habit = 100 // calls, after which one who calls alone has a connection
	for range habit {
		require.NoError(t, s.RefreshTTL(t.Context(), "a"))
	}
	ctx, parent := seen.tracer.Tracer("application").Start(t.Context(), "heartbeat")
	require.NoError(t, s.RefreshTTL(ctx, "a"))
	parent.End()

	spans := seen.named("pexpire")
	require.Len(t, spans, habit+1)
	last := spans[habit]
	require.Equal(t, parent.SpanContext().SpanID(), last.Parent().SpanID())
	require.Equal(t, parent.SpanContext().TraceID(), last.SpanContext().TraceID())
}

func TestConformance(t *testing.T) {
	server := redistest.Start(t)
	var prefixes atomic.Int64
	made := map[store.LivenessStore]redisstore.Options{}
	open := func(t testing.TB, o redisstore.Options) store.LivenessStore {
		client := redis.NewClient(options(server))
		instrument(t, client)
		s := newStore(t, client, o)
		made[s] = o
		return s
	}
	conformance.Run(t, conformance.Harness{
		Grain: 20 * time.Millisecond,
		Lacks: []string{"the store is never full", "the store forgets no URL before its time", "Harness.Join is nil"},
		New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
			return open(t, redisstore.Options{TTLs: ttls, Prefix: fmt.Sprintf("ws%d:", prefixes.Add(1))})
		},
		Reopen: func(t testing.TB, s store.LivenessStore, ttls store.TTLs) store.LivenessStore {
			o := made[s]
			o.TTLs = ttls
			return open(t, o)
		},
		Break: func(t testing.TB) func() {
			server.Pause(t)
			return func() { server.Resume(t) }
		},
	})
}

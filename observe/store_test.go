package observe_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/observe"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// plain is a store that has one capability, and fails as it is told.
type plain struct {
	store.LivenessStore
	err error
}

func (p plain) RefreshTTL(context.Context, string) error                     { return p.err }
func (p plain) SetOnline(context.Context, string) error                      { return p.err }
func (p plain) Expire(context.Context, string) error                         { return p.err }
func (p plain) Close() error                                                 { return p.err }
func (p plain) CacheURL(context.Context, string, string) error               { return p.err }
func (p plain) CacheInternalURL(context.Context, string, string) error       { return p.err }
func (p plain) IsOnline(context.Context, string) (bool, error)               { return false, p.err }
func (p plain) GetCachedURL(context.Context, string) (string, error)         { return "", p.err }
func (p plain) GetCachedInternalURL(context.Context, string) (string, error) { return "", p.err }

func TestAnObservedStoreHasTheCapabilitiesOfItsStoreAndNoOthers(t *testing.T) {
	few, err := observe.Store(plain{}, observe.Options{})
	require.NoError(t, err)
	all, err := memstore.New(memstore.Options{})
	require.NoError(t, err)
	many, err := observe.Store(all, observe.Options{})
	require.NoError(t, err)
	defer many.Close()
	assert.True(t, has[store.Expirer](few))
	for capability, found := range map[string][2]bool{
		"Lister":     {has[store.Lister](few), has[store.Lister](many)},
		"Batcher":    {has[store.Batcher](few), has[store.Batcher](many)},
		"Registrar":  {has[store.Registrar](few), has[store.Registrar](many)},
		"Granter":    {has[store.Granter](few), has[store.Granter](many)},
		"Reaper":     {has[driver.Reaper](few), has[driver.Reaper](many)},
		"Sampler":    {has[driver.Sampler](few), has[driver.Sampler](many)},
		"Reconciler": {has[driver.Reconciler](few), has[driver.Reconciler](many)},
	} {
		assert.Equal(t, [2]bool{false, true}, found, capability)
	}
	assert.NoError(t, store.Register(t.Context(), few, "a", "http://a", ""), "it falls back to single calls")
}

func has[C any](s store.LivenessStore) bool {
	_, ok := store.As[C](s)
	return ok
}

func TestEachKindOfErrorIsNamed(t *testing.T) {
	for name, err := range map[string]error{
		"unavailable": store.ErrUnavailable, "full": store.ErrFull, "invalid": store.ErrInvalid, "closed": store.ErrClosed,
		"locked": store.ErrLocked, "corrupt": store.ErrCorrupt, "canceled": context.Canceled,
		"deadline_exceeded": context.DeadlineExceeded, "unsupported": errors.ErrUnsupported, "_OTHER": errors.New("no one knows it"),
	} {
		t.Run(name, func(t *testing.T) {
			seen := record(t, &store.Error{Op: "RefreshTTL", ID: "secret", Err: err}, observe.Options{})
			assert.Equal(t, []attribute.KeyValue{
				attribute.String("db.operation.name", "RefreshTTL"), attribute.String("error.type", name), attribute.String("liveness.outcome", "error"),
			}, seen.attributes)
			assert.Equal(t, trace.Status{Code: codes.Error, Description: name}, seen.span.Status(), "without the id")
		})
	}
}

func TestOfflineIsAnAnswer(t *testing.T) {
	seen := record(t, &store.Error{Op: "RefreshTTL", ID: "secret", Err: store.ErrNotFound}, observe.Options{})
	assert.Contains(t, seen.attributes, attribute.String("liveness.outcome", "not_found"))
	assert.Len(t, seen.attributes, 2, "no error")
	assert.Equal(t, codes.Unset, seen.span.Status().Code)
	assert.Contains(t, seen.span.Attributes(), attribute.String("liveness.outcome", "not_found"))
}

func TestAnIDIsOnSpansIfItIsAskedFor(t *testing.T) {
	id := attribute.String("liveness.workspace.id", "secret")
	failed := &store.Error{Op: "RefreshTTL", ID: "secret", Err: store.ErrUnavailable}
	seen := record(t, failed, observe.Options{})
	assert.NotContains(t, seen.span.Attributes(), id)
	seen = record(t, failed, observe.Options{IDs: true})
	assert.Contains(t, seen.span.Attributes(), id)
	assert.Equal(t, failed.Error(), seen.span.Status().Description)
	assert.NotContains(t, seen.attributes, id, "metrics never have one")
}

func TestAttributesOfTheApplicationAreOnEverything(t *testing.T) {
	which := attribute.String("store", "eu")
	seen := record(t, nil, observe.Options{Attributes: []attribute.KeyValue{which}})
	assert.Contains(t, seen.attributes, which)
	assert.Contains(t, seen.span.Attributes(), which)
}

func TestOptionsThatCannotBeUsedAreRefused(t *testing.T) {
	for _, key := range []string{"", "error.type", "liveness.outcome"} {
		o := observe.Options{Attributes: []attribute.KeyValue{attribute.String(key, "x")}}
		_, err := observe.Store(plain{}, o)
		require.ErrorIs(t, err, store.ErrInvalid)
		require.ErrorContains(t, err, `Options.Attributes has the key "`+key+`"`)
		_, err = observe.Monitor(o)
		require.ErrorIs(t, err, store.ErrInvalid)
	}
	_, err := observe.Store(nil, observe.Options{})
	require.ErrorIs(t, err, store.ErrInvalid)
}

func TestTheHandlerOfAMonitorHasASpanAroundItsCalls(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	options := observe.Options{TracerProvider: trace.NewTracerProvider(trace.WithSpanProcessor(spans))}
	s, err := observe.Store(plain{}, options)
	require.NoError(t, err)
	o, err := observe.Monitor(options)
	require.NoError(t, err)
	failed := errors.New("it does not start")
	err = o.Handler(func(ctx context.Context, d monitor.Death) error {
		require.NoError(t, s.SetOnline(ctx, d.ID))
		return failed
	})(t.Context(), monitor.Death{ID: "secret", Attempt: 2})
	require.ErrorIs(t, err, failed)

	ended := spans.Ended()
	require.Len(t, ended, 2)
	assert.Equal(t, "SetOnline", ended[0].Name())
	assert.Equal(t, "handle death", ended[1].Name())
	assert.Equal(t, ended[1].SpanContext().SpanID(), ended[0].Parent().SpanID())
	assert.Contains(t, ended[1].Attributes(), attribute.Int("liveness.attempt", 2))
	assert.Equal(t, codes.Error, ended[1].Status().Code)
}

// recorded is what one call told.
type recorded struct {
	attributes []attribute.KeyValue // of the duration
	span       trace.ReadOnlySpan
}

// record has a store fail one call.
func record(t *testing.T, err error, o observe.Options) recorded {
	t.Helper()
	reader, spans := metric.NewManualReader(), tracetest.NewSpanRecorder()
	o.MeterProvider = metric.NewMeterProvider(metric.WithReader(reader))
	o.TracerProvider = trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	s, refused := observe.Store(plain{err: err}, o)
	require.NoError(t, refused)
	require.Equal(t, err, s.RefreshTTL(t.Context(), "secret"), "the error of the store is the caller's")

	var all metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &all))
	require.Len(t, all.ScopeMetrics, 1)
	require.Len(t, all.ScopeMetrics[0].Metrics, 1)
	points := all.ScopeMetrics[0].Metrics[0].Data.(metricdata.Histogram[float64]).DataPoints
	require.Len(t, points, 1)
	require.Len(t, spans.Ended(), 1)
	return recorded{points[0].Attributes.ToSlice(), spans.Ended()[0]}
}

func BenchmarkRefreshTTL(b *testing.B) {
	for _, observed := range []bool{false, true} {
		b.Run("observed="+map[bool]string{true: "yes", false: "no"}[observed], func(b *testing.B) {
			inner, err := memstore.New(memstore.Options{TTLs: store.TTLs{Liveness: time.Hour}})
			require.NoError(b, err)
			s := store.LivenessStore(inner)
			if observed {
				provider := metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))
				s, err = observe.Store(s, observe.Options{MeterProvider: provider})
				require.NoError(b, err)
			}
			defer s.Close()
			require.NoError(b, s.SetOnline(b.Context(), "a"))
			for b.Loop() {
				_ = s.RefreshTTL(b.Context(), "a") // it is online
			}
		})
	}
}

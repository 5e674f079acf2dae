package observe

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/molecule-ai/liveness/store"
)

const scope = "github.com/molecule-ai/liveness/observe"

// Options says where telemetry goes and what it contains. The zero value works.
type Options struct {
	// MeterProvider and TracerProvider take the metrics and the spans. nil means
	// the global ones.
	MeterProvider  metric.MeterProvider
	TracerProvider trace.TracerProvider

	// Attributes stand on every measurement and every span, such as the name of a
	// store where a process has several. Those of this package are refused.
	Attributes []attribute.KeyValue

	// IDs puts the id of the workspace, and the text of an error, on spans.
	// Metrics never have one.
	IDs bool
}

// telemetry is what a store and a monitor have in common.
type telemetry struct {
	meter  metric.Meter
	tracer trace.Tracer
	common []attribute.KeyValue
	ids    bool
	failed []error // of the instruments that could not be made
}

func (o Options) telemetry() (*telemetry, error) {
	for _, a := range o.Attributes {
		if a.Key == "" || slices.Contains(reserved(), a.Key) || strings.HasPrefix(string(a.Key), "liveness.") {
			return nil, fmt.Errorf("liveness: observe: %w: Options.Attributes has the key %q, want one that is not empty, begins with no liveness. and is none of %q",
				store.ErrInvalid, a.Key, reserved())
		}
	}
	t := &telemetry{common: slices.Clone(o.Attributes), ids: o.IDs}
	if o.MeterProvider == nil {
		o.MeterProvider = otel.GetMeterProvider()
	}
	if o.TracerProvider == nil {
		o.TracerProvider = otel.GetTracerProvider()
	}
	t.meter, t.tracer = o.MeterProvider.Meter(scope), o.TracerProvider.Tracer(scope)
	return t, nil
}

// Attributes, named by the semantic conventions where these have a name.
const (
	operationName = attribute.Key("db.operation.name")
	batchSize     = attribute.Key("db.operation.batch.size")
	errorType     = attribute.Key("error.type")
	outcome       = attribute.Key("liveness.outcome")
	eventKind     = attribute.Key("liveness.event")
	phase         = attribute.Key("liveness.phase")
	state         = attribute.Key("liveness.state")
	ttlShare      = attribute.Key("liveness.ttl.share")
	handlerState  = attribute.Key("liveness.handler.state")
	workspaceID   = attribute.Key("liveness.workspace.id")
	attempt       = attribute.Key("liveness.attempt")
)

func reserved() []attribute.Key { return []attribute.Key{operationName, batchSize, errorType} }

// with returns the attributes of a measurement.
func (t *telemetry) with(own ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(append(slices.Clip(t.common), own...)...))
}

// histogram makes a histogram with the given buckets.
func (t *telemetry) histogram(name, unit, description string, buckets ...float64) metric.Float64Histogram {
	h, err := t.meter.Float64Histogram(name, metric.WithUnit(unit), metric.WithDescription(description), metric.WithExplicitBucketBoundaries(buckets...))
	t.failed = append(t.failed, err)
	return h
}

// gauge makes a gauge that is observed at each collection.
func (t *telemetry) gauge(name, unit, description string) metric.Float64ObservableGauge {
	g, err := t.meter.Float64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(description))
	t.failed = append(t.failed, err)
	return g
}

// counter makes a counter that is observed at each collection.
func (t *telemetry) counter(name, unit, description string) metric.Int64ObservableCounter {
	c, err := t.meter.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(description))
	t.failed = append(t.failed, err)
	return c
}

// err returns why an instrument could not be made.
func (t *telemetry) err() error { return errors.Join(t.failed...) }

package observe

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/molecule-ai/liveness/monitor"
)

// Observer tells of a monitor. Create it with Monitor.
type Observer struct {
	*telemetry
	events   metric.Int64Counter
	lateness metric.Float64Histogram
	attempts metric.Float64Histogram
	handler  metric.Float64Histogram
	status   status
}

// Monitor returns an observer for one monitor: its Event is for
// monitor.Config.Observe, its Handler wraps the handler, and Watch tells of the
// Status.
//
// The errors are those of Store.
func Monitor(o Options) (*Observer, error) {
	t, err := o.telemetry()
	if err != nil {
		return nil, err
	}
	events, err := t.meter.Int64Counter("liveness.monitor.events", metric.WithUnit("{event}"),
		metric.WithDescription("Steps that the monitor has seen or taken."))
	t.failed = append(t.failed, err)
	m := &Observer{
		telemetry: t,
		events:    events,
		lateness: t.histogram("liveness.death.lateness", "s", "How long after its deadline a death was handed out for the first time.",
			.001, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30, 180, 900),
		attempts: t.histogram("liveness.death.attempts", "{attempt}", "At which attempt deaths were handed out, 1 for the first.",
			1, 2, 3, 5, 10, 20, 50),
		handler: t.histogram("liveness.handler.duration", "s", "How long handlers ran. A handler that was left behind counts when it was, and again if it returns.",
			.1, .5, 1, 5, 10, 30, 60, 120, 300, 600),
		status: newStatus(t),
	}
	return m, t.err()
}

// Event counts an event. It is meant for monitor.Config.Observe; an application that
// has a function of its own there calls both.
func (o *Observer) Event(e monitor.Event) {
	ctx := context.Background()
	o.events.Add(ctx, 1, o.with(eventKind.String(valueOf(e.Kind))))
	switch e.Kind {
	case monitor.HandedOut:
		if e.Attempt == 1 {
			o.lateness.Record(ctx, e.Late.Seconds(), o.with())
		}
		o.attempts.Record(ctx, float64(e.Attempt), o.with())
	case monitor.Handled:
		o.handler.Record(ctx, e.Took.Seconds(), o.with(outcome.String("ok")))
	case monitor.Failed, monitor.TimedOut:
		o.handler.Record(ctx, e.Took.Seconds(), o.with(outcome.String("error"), errorType.String(valueOf(e.Kind))))
	}
}

// Handler returns a handler that does what h does in a span of its own, so that the
// calls that a restart makes are found together.
func (o *Observer) Handler(h monitor.Handler) monitor.Handler {
	return func(ctx context.Context, d monitor.Death) error {
		ctx, span := o.tracer.Start(ctx, "handle death", trace.WithAttributes(o.common...), trace.WithAttributes(attempt.Int(d.Attempt)))
		defer span.End()
		if o.ids {
			span.SetAttributes(workspaceID.String(d.ID))
		}
		err := h(ctx, d)
		if err != nil {
			o.fail(span, kindOf(err), err)
		}
		return err
	}
}

// valueOf returns the value of an attribute for a kind of events.
func valueOf(k monitor.EventKind) string { return strings.ReplaceAll(string(k), " ", "_") }

package observe

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/molecule-ai/liveness/store"
)

// operation is a method of a store, with the options that most calls need, made once.
type operation struct {
	name         string
	span         []trace.SpanStartOption
	ok, notFound []metric.RecordOption
	batch        []metric.RecordOption
}

// operations are the methods that callers use.
func operations() []string {
	return []string{
		"SetOnline", "RefreshTTL", "IsOnline", "CacheURL", "GetCachedURL", "CacheInternalURL", "GetCachedInternalURL", "Clear",
		"Online", "Lookup", "Count", "RefreshMany", "IsOnlineMany", "ClearMany", "Register", "SetOnlineFor", "RefreshFor", "Expire", "Ping",
	}
}

func (t *telemetry) operation(name string) *operation {
	of := func(result string) []metric.RecordOption {
		return []metric.RecordOption{t.with(operationName.String(name), outcome.String(result))}
	}
	return &operation{
		name: name, ok: of("ok"), notFound: of("not_found"),
		span: []trace.SpanStartOption{
			trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(append(slices.Clip(t.common), operationName.String(name))...),
		},
		batch: []metric.RecordOption{t.with(operationName.String(name))},
	}
}

// call is one call of a method.
type call struct {
	calls *calls
	op    *operation
	ctx   context.Context
	span  trace.Span
	start time.Time
}

// begin begins a call. The call of the wrapped store gets call.ctx.
func (c *calls) begin(ctx context.Context, name, id string, more ...attribute.KeyValue) call {
	op := c.operations[name]
	if c.ids && id != "" {
		more = append(more, workspaceID.String(id))
	}
	options := op.span
	if len(more) > 0 {
		options = append(slices.Clip(options), trace.WithAttributes(more...))
	}
	ctx, span := c.tracer.Start(ctx, name, options...)
	return call{calls: c, op: op, ctx: ctx, span: span, start: time.Now()}
}

// beginMany begins a call about many workspaces.
func (c *calls) beginMany(ctx context.Context, name string, ids []string) call {
	began := c.begin(ctx, name, "", batchSize.Int(len(ids)))
	c.batch.Record(ctx, float64(len(ids)), began.op.batch...)
	return began
}

// end ends a call and returns its error.
func (c call) end(err error) error {
	c.answer(err == nil, err)
	return err
}

// answer ends a call. Not found is an answer, not an error.
func (c call) answer(found bool, err error) {
	c.record(time.Since(c.start), found, err)
}

func (c call) record(took time.Duration, found bool, err error) {
	options := c.op.ok
	switch {
	case err != nil && !errors.Is(err, store.ErrNotFound):
		kind := kindOf(err)
		options = []metric.RecordOption{c.calls.with(operationName.String(c.op.name), outcome.String("error"), errorType.String(kind))}
		c.calls.fail(c.span, kind, err)
	case !found:
		options = c.op.notFound
		c.span.SetAttributes(outcome.String("not_found"))
	}
	c.calls.duration.Record(c.ctx, took.Seconds(), options...)
	c.span.End()
}

// fail marks a span as failed. The text of an error may name a workspace.
func (t *telemetry) fail(span trace.Span, kind string, err error) {
	span.SetAttributes(errorType.String(kind))
	text := kind
	if t.ids {
		text = err.Error()
	}
	span.SetStatus(codes.Error, text)
}

// kindOf names the kind of an error.
func kindOf(err error) string {
	for _, k := range []struct {
		err  error
		name string
	}{
		{store.ErrUnavailable, "unavailable"}, {store.ErrFull, "full"}, {store.ErrInvalid, "invalid"},
		{store.ErrClosed, "closed"}, {store.ErrLocked, "locked"}, {store.ErrCorrupt, "corrupt"},
		{context.Canceled, "canceled"}, {context.DeadlineExceeded, "deadline_exceeded"}, {errors.ErrUnsupported, "unsupported"},
	} {
		if errors.Is(err, k.err) {
			return k.name
		}
	}
	return "_OTHER" // of the semantic conventions
}

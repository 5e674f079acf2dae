package observe

import (
	"context"
	"fmt"
	"sync"

	"go.opentelemetry.io/otel/metric"

	"github.com/molecule-ai/liveness/store"
)

// calls is the telemetry of one store, shared by the layers over it.
type calls struct {
	*telemetry
	operations map[string]*operation
	duration   metric.Float64Histogram
	batch      metric.Float64Histogram
	sample     sampler
}

// Store returns a store that does what s does and tells of each call. It has the
// capabilities that s has. Close closes s.
//
// Options that cannot be used are an error that unwraps to store.ErrInvalid; any
// other is of an instrument that the MeterProvider refuses.
func Store(s store.LivenessStore, o Options) (store.LivenessStore, error) {
	if s == nil {
		return nil, fmt.Errorf("liveness: observe.Store: %w: the store is nil", store.ErrInvalid)
	}
	t, err := o.telemetry()
	if err != nil {
		return nil, err
	}
	c := &calls{
		telemetry:  t,
		operations: make(map[string]*operation),
		duration: t.histogram("liveness.store.operation.duration", "s", "How long calls of the store took.",
			.0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5, 10),
		batch: t.histogram("liveness.store.batch.size", "{workspace}", "How many workspaces the calls about many were about.",
			1, 10, 100, 1_000, 10_000),
	}
	for _, name := range operations() {
		c.operations[name] = t.operation(name)
	}
	c.sample.configure(t, s)
	if err := t.err(); err != nil {
		return nil, err
	}
	unregister, err := c.sample.register(t)
	if err != nil {
		return nil, err
	}
	return &observed{inner: s, layers: c.over(s), calls: c, unregister: sync.OnceValue(unregister)}, nil
}

// observed is the outermost layer, which observes the methods of the interface.
type observed struct {
	inner      store.LivenessStore
	layers     store.LivenessStore // the capabilities, down to inner
	calls      *calls
	unregister func() error
}

// Unwrap returns what lies below: the observed capabilities, then the store.
func (o *observed) Unwrap() store.LivenessStore { return o.layers }

func (o *observed) SetOnline(ctx context.Context, id string) error {
	c := o.calls.begin(ctx, "SetOnline", id)
	return c.end(o.inner.SetOnline(c.ctx, id))
}

func (o *observed) RefreshTTL(ctx context.Context, id string) error {
	c := o.calls.begin(ctx, "RefreshTTL", id)
	return c.end(o.inner.RefreshTTL(c.ctx, id))
}

func (o *observed) IsOnline(ctx context.Context, id string) (bool, error) {
	c := o.calls.begin(ctx, "IsOnline", id)
	online, err := o.inner.IsOnline(c.ctx, id)
	c.answer(online, err)
	return online, err
}

func (o *observed) CacheURL(ctx context.Context, id, url string) error {
	c := o.calls.begin(ctx, "CacheURL", id)
	return c.end(o.inner.CacheURL(c.ctx, id, url))
}

func (o *observed) GetCachedURL(ctx context.Context, id string) (string, error) {
	c := o.calls.begin(ctx, "GetCachedURL", id)
	url, err := o.inner.GetCachedURL(c.ctx, id)
	return url, c.end(err)
}

func (o *observed) CacheInternalURL(ctx context.Context, id, url string) error {
	c := o.calls.begin(ctx, "CacheInternalURL", id)
	return c.end(o.inner.CacheInternalURL(c.ctx, id, url))
}

func (o *observed) GetCachedInternalURL(ctx context.Context, id string) (string, error) {
	c := o.calls.begin(ctx, "GetCachedInternalURL", id)
	url, err := o.inner.GetCachedInternalURL(c.ctx, id)
	return url, c.end(err)
}

func (o *observed) Clear(ctx context.Context, id string) error {
	c := o.calls.begin(ctx, "Clear", id)
	return c.end(o.inner.Clear(c.ctx, id))
}

// Close closes the store, and ends the looks at silent workspaces.
func (o *observed) Close() error {
	err := o.inner.Close()
	if stopped := o.unregister(); err == nil {
		err = stopped
	}
	return err
}

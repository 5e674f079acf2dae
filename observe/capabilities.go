package observe

import (
	"context"
	"iter"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// over lays one layer over the store for each capability that it has, so that
// store.As finds those and no others.
func (c *calls) over(s store.LivenessStore) store.LivenessStore {
	if inner, ok := store.As[store.Lister](s); ok {
		s = &lister{layer{s}, inner, c}
	}
	if inner, ok := store.As[store.Batcher](s); ok {
		s = &batcher{layer{s}, inner, c}
	}
	if inner, ok := store.As[store.Registrar](s); ok {
		s = &registrar{layer{s}, inner, c}
	}
	if inner, ok := store.As[store.Granter](s); ok {
		s = &granter{layer{s}, inner, c}
	}
	if inner, ok := store.As[store.Expirer](s); ok {
		s = &expirer{layer{s}, inner, c}
	}
	if inner, ok := store.As[store.Pinger](s); ok {
		s = &pinger{layer{s}, inner, c}
	}
	return s
}

// layer wraps a store and adds nothing.
type layer struct{ store.LivenessStore }

func (l layer) Unwrap() store.LivenessStore { return l.LivenessStore }

type lister struct {
	layer
	inner store.Lister
	calls *calls
}

// Online takes as long as the store does, without the body of the loop.
func (l *lister) Online(ctx context.Context) iter.Seq2[store.Status, error] {
	return func(yield func(store.Status, error) bool) {
		c := l.calls.begin(ctx, "Online", "")
		var body time.Duration
		var failed error
		defer func() { c.record(time.Since(c.start)-body, failed == nil, failed) }()
		for st, err := range l.inner.Online(c.ctx) {
			failed = err
			left := time.Now()
			more := yield(st, err)
			body += time.Since(left)
			if !more {
				return
			}
		}
	}
}

func (l *lister) Lookup(ctx context.Context, id string) (store.Status, error) {
	c := l.calls.begin(ctx, "Lookup", id)
	st, err := l.inner.Lookup(c.ctx, id)
	return st, c.end(err)
}

func (l *lister) Count(ctx context.Context) (int, error) {
	c := l.calls.begin(ctx, "Count", "")
	n, err := l.inner.Count(c.ctx)
	return n, c.end(err)
}

type batcher struct {
	layer
	inner store.Batcher
	calls *calls
}

func (b *batcher) RefreshMany(ctx context.Context, ids []string) ([]bool, error) {
	c := b.calls.beginMany(ctx, "RefreshMany", ids)
	answers, err := b.inner.RefreshMany(c.ctx, ids)
	return answers, c.end(err)
}

func (b *batcher) IsOnlineMany(ctx context.Context, ids []string) ([]bool, error) {
	c := b.calls.beginMany(ctx, "IsOnlineMany", ids)
	answers, err := b.inner.IsOnlineMany(c.ctx, ids)
	return answers, c.end(err)
}

func (b *batcher) ClearMany(ctx context.Context, ids []string) error {
	c := b.calls.beginMany(ctx, "ClearMany", ids)
	return c.end(b.inner.ClearMany(c.ctx, ids))
}

type registrar struct {
	layer
	inner store.Registrar
	calls *calls
}

func (r *registrar) Register(ctx context.Context, id, url, internalURL string) error {
	c := r.calls.begin(ctx, "Register", id)
	return c.end(r.inner.Register(c.ctx, id, url, internalURL))
}

type granter struct {
	layer
	inner store.Granter
	calls *calls
}

func (g *granter) SetOnlineFor(ctx context.Context, id string, ttl time.Duration) error {
	c := g.calls.begin(ctx, "SetOnlineFor", id)
	return c.end(g.inner.SetOnlineFor(c.ctx, id, ttl))
}

func (g *granter) RefreshFor(ctx context.Context, id string, ttl time.Duration) error {
	c := g.calls.begin(ctx, "RefreshFor", id)
	return c.end(g.inner.RefreshFor(c.ctx, id, ttl))
}

type expirer struct {
	layer
	inner store.Expirer
	calls *calls
}

func (e *expirer) Expire(ctx context.Context, id string) error {
	c := e.calls.begin(ctx, "Expire", id)
	return c.end(e.inner.Expire(c.ctx, id))
}

type pinger struct {
	layer
	inner store.Pinger
	calls *calls
}

func (p *pinger) Ping(ctx context.Context) error {
	c := p.calls.begin(ctx, "Ping", "")
	return c.end(p.inner.Ping(c.ctx))
}

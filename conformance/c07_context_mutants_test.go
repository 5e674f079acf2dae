package conformance

import (
	"cmp"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func contextMutants() []mutant {
	return []mutant{
		{"a context that is done is ignored", "C7", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				return b.ref.SetOnline(context.WithoutCancel(ctx), id)
			}
		}},
		{"a context that is done is noticed afterwards", "C7", func(b *bent) {
			b.clear = func(ctx context.Context, id string) error {
				if err := b.ref.Clear(context.WithoutCancel(ctx), id); err != nil {
					return err
				}
				return driver.Check(ctx, "Clear", id)
			}
		}},
		{"a deadline is ignored while the backend is away", "C7", func(b *bent) {
			b.isOnline = func(ctx context.Context, id string) (bool, error) {
				if err := driver.Check(ctx, "IsOnline", id); err != nil {
					return false, err
				}
				return b.ref.IsOnline(context.WithoutCancel(ctx), id)
			}
		}},
		{"a list ignores its deadline while the backend is away", "C7", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				if err := driver.CheckMany(ctx, "RefreshMany", ids); err != nil {
					return nil, err
				}
				return b.ref.RefreshMany(context.WithoutCancel(ctx), ids)
			}
		}},
		{"cancelled is unavailable", "C7", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if errors.Is(err, context.Canceled) {
					return &store.Error{Op: "RefreshTTL", ID: id, Err: store.ErrUnavailable}
				}
				return err
			}
		}},
		{"a life ends with its context", "C7", func(b *bent) {
			b.setOnline = func(ctx context.Context, id string) error {
				err := b.ref.SetOnline(ctx, id)
				if err == nil {
					context.AfterFunc(ctx, func() {
						b.Lock()
						defer b.Unlock()
						b.forget(id)
					})
				}
				return err
			}
		}},
		{"one cancellation is of all callers", "C7", func(b *bent) {
			var cancelled atomic.Bool
			b.refresh = func(ctx context.Context, id string) error {
				time.Sleep(time.Nanosecond)
				if ctx.Err() != nil || cancelled.Load() {
					cancelled.Store(true)
					return &store.Error{Op: "RefreshTTL", ID: id, Err: context.Canceled}
				}
				return b.ref.RefreshTTL(ctx, id)
			}
		}},
		{"heartbeats are written together, however long that takes", "C7", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if err == nil {
					time.Sleep(200 * time.Millisecond)
				}
				return err
			}
		}},
		{"a long list is gone through to its end", "C7", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				answers, err := b.ref.RefreshMany(ctx, ids)
				time.Sleep(10 * time.Microsecond * time.Duration(len(answers)))
				return answers, err
			}
		}},
		{"a search ignores its context", "C7", func(b *bent) {
			b.discover = func(ctx context.Context, within time.Duration) (driver.Discovery, error) {
				return b.ref.Discover(context.WithoutCancel(ctx), within)
			}
		}},
	}
}

func holderContextMutants() []mutant {
	// tooLate is the context of the call, noticed when the call has had its effect.
	tooLate := func(ctx context.Context, op, id string, err error) error {
		if id == "" {
			return cmp.Or(err, driver.CheckMany(ctx, op, nil))
		}
		return cmp.Or(err, driver.Check(ctx, op, id))
	}
	blind := func(b *bent, ctx context.Context) context.Context {
		b.with(func() {
			if ctx.Err() != nil && !b.closed {
				ctx = context.WithoutCancel(ctx)
			}
		})
		return ctx
	}
	return []mutant{
		{"Begin notices a context that is done afterwards", "C7", func(b *bent) {
			b.begin = func(ctx context.Context, d driver.Death) (driver.Standing, error) {
				s, err := b.ref.Begin(blind(b, ctx), d)
				return s, tooLate(ctx, "Begin", d.ID, err)
			}
		}},
		{"Withdraw notices a context that is done afterwards", "C7", func(b *bent) {
			b.withdraw = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Withdraw(blind(b, ctx), d)
				return was, tooLate(ctx, "Withdraw", d.ID, err)
			}
		}},
		{"Release notices a context that is done afterwards", "C7", func(b *bent) {
			b.release = func(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
				was, err := b.ref.Release(blind(b, ctx), d, after)
				return was, tooLate(ctx, "Release", d.ID, err)
			}
		}},
		{"Acknowledge notices a context that is done afterwards", "C7", func(b *bent) {
			b.acknowledge = func(ctx context.Context, d driver.Death) (bool, error) {
				was, err := b.ref.Acknowledge(blind(b, ctx), d)
				return was, tooLate(ctx, "Acknowledge", d.ID, err)
			}
		}},
		{"Extend notices a context that is done afterwards", "C7", func(b *bent) {
			b.extend = func(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
				all, err := b.ref.Extend(blind(b, ctx), leased, lease)
				return all, tooLate(ctx, "Extend", "", err)
			}
		}},
		{"Claim notices a context that is done afterwards", "C7", func(b *bent) {
			b.claim = func(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
				deaths, err := b.ref.Claim(blind(b, ctx), shard, o)
				return deaths, tooLate(ctx, "Claim", "", err)
			}
		}},
		{"Sweep notices a context that is done afterwards", "C7", func(b *bent) {
			b.sweep = func(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
				s, err := b.ref.Sweep(blind(b, ctx), shard, o)
				return s, tooLate(ctx, "Sweep", "", err)
			}
		}},
		{"Forget notices a context that is done afterwards", "C7", func(b *bent) {
			b.forgetMany = func(ctx context.Context, ids []string) error {
				return tooLate(ctx, "Forget", "", b.ref.Forget(blind(b, ctx), ids))
			}
		}},
		{"Adopt notices a context that is done afterwards", "C7", func(b *bent) {
			b.adopt = func(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
				recent, err := b.ref.Adopt(blind(b, ctx), shard, ids, due)
				return recent, tooLate(ctx, "Adopt", "", err)
			}
		}},
		{"Note notices a context that is done afterwards", "C7", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				note, err := b.ref.Note(blind(b, ctx), shard, old, next)
				return note, tooLate(ctx, "Note", "", err)
			}
		}},
	}
}

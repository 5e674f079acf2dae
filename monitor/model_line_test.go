package monitor_test

import (
	"context"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// backend is all that a monitor needs of a store.
type backend interface {
	store.LivenessStore
	driver.Reaper
	driver.Sampler
	driver.Reconciler
}

// chance is the dice of one part of a model. The seed of the model fixes them.
type chance struct {
	mu   sync.Mutex
	dice *rand.Rand
}

func newChance(seed, part uint64) *chance { return &chance{dice: rand.New(rand.NewPCG(seed, part))} }

// n returns a number below most.
func (c *chance) n(most int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dice.IntN(most)
}

// is is true with the given probability.
func (c *chance) is(p float64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dice.Float64() < p
}

// upTo returns a time below most.
func (c *chance) upTo(most time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Duration(c.dice.Int64N(int64(most)))
}

// wire is the way of one monitor of a model to the store. Each call has a fate.
type wire struct {
	backend
	*chance
	fate func() fate
}

// fate is what becomes of a call.
type fate int

const (
	passes  fate = iota
	refused      // an error, no effect
	lost         // an error after the effect
	hangs        // until the context ends; the effect comes before, afterwards or never
	late         // the call or its answer is under way for a while
	twice        // the effect comes twice, the answer is that of the second time
	gone         // hangs without an effect
)

// send makes a call as its fate has it.
func send[T any](ctx context.Context, w *wire, op string, call func(context.Context) (T, error)) (T, error) {
	var none T
	fate := w.fate()
	switch fate {
	case refused:
		return none, broken(ctx, op)
	case lost:
		_, _ = call(ctx)
		return none, broken(ctx, op)
	case hangs, gone:
		when := w.n(3)
		if fate == hangs && when == 0 {
			_, _ = call(ctx)
		}
		err := hanging(ctx, op)
		if fate == hangs && when == 1 {
			time.AfterFunc(w.upTo(modelLease), func() { _, _ = call(context.WithoutCancel(ctx)) })
		}
		return none, err
	case late:
		before, after := w.upTo(modelLease/4), w.upTo(modelLease/4)
		if !wait(ctx, before) {
			return none, hanging(ctx, op)
		}
		answer, err := call(ctx)
		if !wait(ctx, after) {
			return none, hanging(ctx, op)
		}
		return answer, err
	case twice:
		_, _ = call(ctx)
	}
	return call(ctx)
}

// wait reports whether the time passed before the context ended.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

func (w *wire) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	return send(ctx, w, "Sweep", func(ctx context.Context) (driver.SweepResult, error) {
		return w.backend.Sweep(ctx, shard, o)
	})
}

func (w *wire) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	return send(ctx, w, "Claim", func(ctx context.Context) ([]driver.Death, error) {
		return w.backend.Claim(ctx, shard, o)
	})
}

func (w *wire) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	return send(ctx, w, "Begin", func(ctx context.Context) (driver.Standing, error) {
		return w.backend.Begin(ctx, d)
	})
}

func (w *wire) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	return send(ctx, w, "Extend", func(ctx context.Context) ([]driver.Standing, error) {
		return w.backend.Extend(ctx, leased, lease)
	})
}

func (w *wire) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	return send(ctx, w, "Acknowledge", func(ctx context.Context) (bool, error) {
		return w.backend.Acknowledge(ctx, d)
	})
}

func (w *wire) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	return send(ctx, w, "Release", func(ctx context.Context) (bool, error) {
		return w.backend.Release(ctx, d, after)
	})
}

func (w *wire) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	return send(ctx, w, "Withdraw", func(ctx context.Context) (bool, error) {
		return w.backend.Withdraw(ctx, d)
	})
}

func (w *wire) Note(ctx context.Context, shard int, old, next string) (string, error) {
	return send(ctx, w, "Note", func(ctx context.Context) (string, error) {
		return w.backend.Note(ctx, shard, old, next)
	})
}

func (w *wire) Sample(ctx context.Context, shard, n int) ([]string, error) {
	return send(ctx, w, "Sample", func(ctx context.Context) ([]string, error) {
		return w.backend.Sample(ctx, shard, n)
	})
}

func (w *wire) Look(ctx context.Context, ids []string) ([]driver.Sighting, error) {
	return send(ctx, w, "Look", func(ctx context.Context) ([]driver.Sighting, error) {
		return w.backend.Look(ctx, ids)
	})
}

func (w *wire) Deaths(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
	all, err := send(ctx, w, "Deaths", func(ctx context.Context) (iter.Seq2[driver.Pending, error], error) {
		return w.backend.Deaths(ctx, shard), nil
	})
	if err != nil {
		return func(yield func(driver.Pending, error) bool) { yield(driver.Pending{}, err) }
	}
	return all
}

func (w *wire) Adopt(ctx context.Context, shard int, ids []string, due time.Time) ([]string, error) {
	return send(ctx, w, "Adopt", func(ctx context.Context) ([]string, error) {
		return w.backend.Adopt(ctx, shard, ids, due)
	})
}

func (w *wire) Forget(ctx context.Context, ids []string) error {
	_, err := send(ctx, w, "Forget", func(ctx context.Context) (any, error) {
		return nil, w.backend.Forget(ctx, ids)
	})
	return err
}

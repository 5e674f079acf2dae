package simulate

import (
	"context"
	"fmt"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// errRefused is what a line answers in place of the store.
var errRefused = fmt.Errorf("%w: the simulation lets no call through", store.ErrUnavailable)

// line is the way of a workspace or a monitor to the store. It can be cut.
type line struct {
	store.LivenessStore
	store.Reaper
	cut   func() bool
	swept func(shard int, found store.Sweep) // is told of each sweep
}

func (l *line) reach(op, id string) error {
	if l.cut() {
		return &store.Error{Op: op, ID: id, Err: errRefused}
	}
	return nil
}

func (l *line) SetOnline(ctx context.Context, id string) error {
	if err := l.reach("SetOnline", id); err != nil {
		return err
	}
	return l.LivenessStore.SetOnline(ctx, id)
}

func (l *line) RefreshTTL(ctx context.Context, id string) error {
	if err := l.reach("RefreshTTL", id); err != nil {
		return err
	}
	return l.LivenessStore.RefreshTTL(ctx, id)
}

func (l *line) Sweep(ctx context.Context, shard int, w store.Watch) (store.Sweep, error) {
	if err := l.reach("Sweep", ""); err != nil {
		return store.Sweep{}, err
	}
	found, err := l.Reaper.Sweep(ctx, shard, w)
	if err == nil {
		l.swept(shard, found)
	}
	return found, err
}

func (l *line) Claim(ctx context.Context, shard int, q store.Quota) ([]store.Death, error) {
	if err := l.reach("Claim", ""); err != nil {
		return nil, err
	}
	return l.Reaper.Claim(ctx, shard, q)
}

func (l *line) Extend(ctx context.Context, held []store.Death, lease time.Duration) ([]bool, error) {
	if err := l.reach("Extend", ""); err != nil {
		return nil, err
	}
	return l.Reaper.Extend(ctx, held, lease)
}

func (l *line) Acknowledge(ctx context.Context, d store.Death) (bool, error) {
	if err := l.reach("Acknowledge", d.ID); err != nil {
		return false, err
	}
	return l.Reaper.Acknowledge(ctx, d)
}

func (l *line) PutBack(ctx context.Context, d store.Death, after time.Duration) (bool, error) {
	if err := l.reach("PutBack", d.ID); err != nil {
		return false, err
	}
	return l.Reaper.PutBack(ctx, d, after)
}

func (l *line) Note(ctx context.Context, shard int, old, new string) (string, error) {
	if err := l.reach("Note", ""); err != nil {
		return "", err
	}
	return l.Reaper.Note(ctx, shard, old, new)
}

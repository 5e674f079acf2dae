package simulate

import (
	"context"
	"fmt"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// errRefused is what a line answers in place of the store.
var errRefused = fmt.Errorf("%w: the simulation lets no call through", store.ErrUnavailable)

// line is the way of a workspace or a monitor to the store. It can be cut: then
// it refuses heartbeats and every method of a Reaper. What else the store can
// do is found through Unwrap.
type line struct {
	store.LivenessStore
	driver.Reaper
	cut   func() bool
	swept func(shard int, found driver.SweepResult) // is told of each sweep
}

func (l *line) Unwrap() store.LivenessStore { return l.LivenessStore }

// through makes a call unless the line is cut.
func through[T any](l *line, op, id string, call func() (T, error)) (T, error) {
	if l.cut() {
		var none T
		return none, &store.Error{Op: op, ID: id, Err: errRefused}
	}
	return call()
}

// heartbeat is through for a call that returns an error alone.
func (l *line) heartbeat(op, id string, call func() error) error {
	_, err := through(l, op, id, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

func (l *line) SetOnline(ctx context.Context, id string) error {
	return l.heartbeat("SetOnline", id, func() error { return l.LivenessStore.SetOnline(ctx, id) })
}

func (l *line) RefreshTTL(ctx context.Context, id string) error {
	return l.heartbeat("RefreshTTL", id, func() error { return l.LivenessStore.RefreshTTL(ctx, id) })
}

func (l *line) SetOnlineFor(ctx context.Context, id string, ttl time.Duration) error {
	return l.heartbeat("SetOnlineFor", id, func() error { return store.SetOnlineFor(ctx, l.LivenessStore, id, ttl) })
}

func (l *line) RefreshFor(ctx context.Context, id string, ttl time.Duration) error {
	return l.heartbeat("RefreshFor", id, func() error { return store.RefreshFor(ctx, l.LivenessStore, id, ttl) })
}

func (l *line) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	found, err := through(l, "Sweep", "", func() (driver.SweepResult, error) { return l.Reaper.Sweep(ctx, shard, o) })
	if err == nil {
		l.swept(shard, found)
	}
	return found, err
}

func (l *line) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	return through(l, "Claim", "", func() ([]driver.Death, error) { return l.Reaper.Claim(ctx, shard, o) })
}

func (l *line) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	return through(l, "Begin", d.ID, func() (driver.Standing, error) { return l.Reaper.Begin(ctx, d) })
}

func (l *line) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	return through(l, "Extend", "", func() ([]driver.Standing, error) { return l.Reaper.Extend(ctx, leased, lease) })
}

func (l *line) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	return through(l, "Acknowledge", d.ID, func() (bool, error) { return l.Reaper.Acknowledge(ctx, d) })
}

func (l *line) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	return through(l, "Release", d.ID, func() (bool, error) { return l.Reaper.Release(ctx, d, after) })
}

func (l *line) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	return through(l, "Withdraw", d.ID, func() (bool, error) { return l.Reaper.Withdraw(ctx, d) })
}

func (l *line) Note(ctx context.Context, shard int, old, new string) (string, error) {
	return through(l, "Note", "", func() (string, error) { return l.Reaper.Note(ctx, shard, old, new) })
}

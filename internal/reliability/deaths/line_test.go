package deaths

import (
	"context"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// line is a store as a monitor has it that can be killed: no call reaches the
// store then.
type line struct {
	store.LivenessStore
	driver.Reaper
	cut  chan struct{}
	kill func()
}

func newLine(s store.LivenessStore) *line {
	reaper, _ := store.As[driver.Reaper](s)
	l := &line{LivenessStore: s, Reaper: reaper, cut: make(chan struct{})}
	l.kill = sync.OnceFunc(func() { close(l.cut) })
	return l
}

// passes returns nil, or, if the line is cut, an error when ctx has ended.
func (l *line) passes(ctx context.Context, op string) error {
	select {
	case <-l.cut:
		<-ctx.Done()
		return driver.Errorf(op, "", store.ErrUnavailable, "the line is cut")
	default:
		return nil
	}
}

func (l *line) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	if err := l.passes(ctx, "Sweep"); err != nil {
		return driver.SweepResult{}, err
	}
	return l.Reaper.Sweep(ctx, shard, o)
}

func (l *line) Claim(ctx context.Context, shard int, o driver.ClaimOptions) ([]driver.Death, error) {
	if err := l.passes(ctx, "Claim"); err != nil {
		return nil, err
	}
	return l.Reaper.Claim(ctx, shard, o)
}

func (l *line) Begin(ctx context.Context, d driver.Death) (driver.Standing, error) {
	if err := l.passes(ctx, "Begin"); err != nil {
		return driver.Lost, err
	}
	return l.Reaper.Begin(ctx, d)
}

func (l *line) Extend(ctx context.Context, leased []driver.Death, lease time.Duration) ([]driver.Standing, error) {
	if err := l.passes(ctx, "Extend"); err != nil {
		return nil, err
	}
	return l.Reaper.Extend(ctx, leased, lease)
}

func (l *line) Acknowledge(ctx context.Context, d driver.Death) (bool, error) {
	if err := l.passes(ctx, "Acknowledge"); err != nil {
		return false, err
	}
	return l.Reaper.Acknowledge(ctx, d)
}

func (l *line) Release(ctx context.Context, d driver.Death, after time.Duration) (bool, error) {
	if err := l.passes(ctx, "Release"); err != nil {
		return false, err
	}
	return l.Reaper.Release(ctx, d, after)
}

func (l *line) Withdraw(ctx context.Context, d driver.Death) (bool, error) {
	if err := l.passes(ctx, "Withdraw"); err != nil {
		return false, err
	}
	return l.Reaper.Withdraw(ctx, d)
}

func (l *line) Note(ctx context.Context, shard int, old, next string) (string, error) {
	if err := l.passes(ctx, "Note"); err != nil {
		return "", err
	}
	return l.Reaper.Note(ctx, shard, old, next)
}

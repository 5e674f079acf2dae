package simulate

import (
	"context"
	"fmt"

	"github.com/molecule-ai/liveness/internal/wire"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// errRefused is what a line answers in place of the store.
var errRefused = fmt.Errorf("%w: the simulation lets no call through", store.ErrUnavailable)

// line is the way of a workspace or a monitor to the store. It can be cut: then
// it refuses heartbeats and every method of a Reaper.
type line struct {
	*wire.Store
	swept func(shard int, found driver.SweepResult) // is told of each sweep
}

// line returns a line that an outage cuts, or that is cut for another reason.
func (r *run) line(cut func() bool) *line {
	out := r.outage()
	pass := func(ctx context.Context, op, id string, call func(context.Context) error) error {
		if cut() || out.contains(r.pace.now()) {
			return &store.Error{Op: op, ID: id, Err: errRefused}
		}
		return call(ctx)
	}
	return &line{wire.New(r.store, pass), r.sweeps.saw}
}

func (l *line) Sweep(ctx context.Context, shard int, o driver.SweepOptions) (driver.SweepResult, error) {
	found, err := l.Store.Sweep(ctx, shard, o)
	if err == nil {
		l.swept(shard, found)
	}
	return found, err
}

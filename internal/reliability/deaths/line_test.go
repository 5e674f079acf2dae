package deaths

import (
	"context"
	"sync"

	"github.com/molecule-ai/liveness/internal/wire"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// line is a store as a monitor has it that can be killed: no call reaches the
// store then.
type line struct {
	*wire.Store
	kill func()
}

func newLine(s store.LivenessStore) *line {
	cut := make(chan struct{})
	pass := func(ctx context.Context, op, id string, call func(context.Context) error) error {
		select {
		case <-cut:
			<-ctx.Done()
			return driver.Errorf(op, id, store.ErrUnavailable, "the line is cut")
		default:
			return call(ctx)
		}
	}
	return &line{wire.New(s, pass), sync.OnceFunc(func() { close(cut) })}
}

package pipeline

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
)

// trips counts the round trips that a hook of the client sees.
type trips struct{ lone, pipes, incrs atomic.Int64 }

func (*trips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.lone.Add(1)
		h.count(cmd)
		return next(ctx, cmd)
	}
}

func (h *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		h.pipes.Add(1)
		h.count(cmds...)
		return next(ctx, cmds)
	}
}

func (h *trips) count(cmds ...redis.Cmder) {
	for _, cmd := range cmds {
		if cmd.Name() == "incr" {
			h.incrs.Add(1)
		}
	}
}

// A hook sees every command once, by a line or not, and by a line with what the context
// of the caller holds.
func TestHooksSeeEveryCommand(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(context.Background(), key{}, "the caller's")
	server := redistest.Start(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1, ContextTimeoutEnabled: true})
	seen := new(trips)
	client.AddHook(seen)
	var span atomic.Value
	client.AddHook(valueHook{func(ctx context.Context) { span.Store(ctx.Value(key{}) != nil) }})
	transport := closing(t, New(client, options()), client)
	before := server.Commands(t, "incr")
	provide(t, transport)
	require.Eventually(t, func() bool {
		require.NoError(t, transport.do(ctx, To("k", "incr", "k")))
		return span.Load() == true
	}, enough, time.Millisecond, "a trace does not begin with the caller")
	require.EqualValues(t, server.Commands(t, "incr")-before, seen.incrs.Load())
}

type valueHook struct{ see func(context.Context) }

func (valueHook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h valueHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		h.see(ctx)
		return next(ctx, cmd)
	}
}

func (valueHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// A hook may pass on another command that stands for the first: that is sent once too.
func TestAHookThatReplacesCommands(t *testing.T) {
	const calls = 4 * loneCalls
	server := redistest.Start(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1, ContextTimeoutEnabled: true})
	client.AddHook(replacing{})
	transport := closing(t, New(client, options()), client)
	for range calls {
		require.NoError(t, transport.do(context.Background(), To("k", "incr", "k")))
		time.Sleep(time.Millisecond) // each comes alone
	}
	require.Equal(t, calls, server.Commands(t, "incr"))
}

type replacing struct{ valueHook }

func (replacing) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return next(ctx, struct{ redis.Cmder }{cmd})
	}
}

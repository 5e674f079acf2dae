package pipeline

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCall(t *testing.T) {
	const tries = 50 // a select takes either of two channels that are ready

	t.Run("what was sent in its place is not its reply", func(t *testing.T) {
		for range tries {
			ctx, cancel := context.WithCancel(context.Background())
			c := newCall(ctx, nil, 1)
			c.done = make(chan struct{}, 1)
			cmd := Command("set", "ws:a", "online")
			c.add(cmd)
			require.Equal(t, cmd.Args(), c.cmds[0].Args(), "as a hook reads it")
			passHooks(&c.cmds[0])
			cancel()
			require.Equal(t, []any{"ping"}, c.cmds[0].Args())
			cmd.SetErr(nil)
			cmd.SetVal("PONG")
			c.finish(nil)
			c.done <- struct{}{}
			require.ErrorIs(t, c.await(Limit{ctx: ctx}), context.Canceled)
		}
	})

	t.Run("once sent it cannot be abandoned, and its reply counts", func(t *testing.T) {
		for range tries {
			ctx, cancel := context.WithCancel(context.Background())
			c := newCall(ctx, nil, 1)
			c.done = make(chan struct{}, 1)
			cmd := Command("set", "ws:a", "online")
			c.add(cmd)
			passHooks(&c.cmds[0])
			require.Equal(t, cmd.Args(), c.cmds[0].Args())
			cmd.SetErr(nil)
			c.finish(nil)
			c.done <- struct{}{}
			cancel()
			require.NoError(t, c.await(Limit{ctx: ctx}))
		}
	})

	t.Run("a command without a reply fails, whatever the client says", func(t *testing.T) {
		c := newCall(context.Background(), nil, 1)
		cmd := Command("set", "ws:a", "online")
		c.add(cmd)
		c.finish(nil)
		require.ErrorIs(t, cmd.Err(), errUnanswered)
	})
}

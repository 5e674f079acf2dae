package redisstore

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
			c := new(calls).get(ctx, nil, 1)
			cmd := command("set", "ws:a", "online")
			c.add(cmd)
			cancel()
			require.Equal(t, []any{"ping"}, c.cmds[0].Args())
			cmd.SetErr(nil)
			cmd.SetVal("PONG")
			c.finish(nil)
			require.ErrorIs(t, c.await(wait{ctx: ctx}), context.Canceled)
		}
	})

	t.Run("once sent it cannot be abandoned, and its reply counts", func(t *testing.T) {
		for range tries {
			ctx, cancel := context.WithCancel(context.Background())
			c := new(calls).get(ctx, nil, 1)
			cmd := command("set", "ws:a", "online")
			c.add(cmd)
			require.Equal(t, cmd.Args(), c.cmds[0].Args())
			cmd.SetErr(nil)
			c.finish(nil)
			cancel()
			require.NoError(t, c.await(wait{ctx: ctx}))
		}
	})

	t.Run("a command without a reply fails, whatever the client says", func(t *testing.T) {
		c := new(calls).get(context.Background(), nil, 1)
		cmd := command("set", "ws:a", "online")
		c.add(cmd)
		c.finish(nil)
		require.ErrorIs(t, cmd.Err(), errUnanswered)
	})
}

package redisstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store/driver"
)

// babbling makes a server answer scripts with anything.
func babbling(m *miniredis.Miniredis) {
	m.Server().SetPreHook(func(c *server.Peer, cmd string, _ ...string) bool {
		if !strings.HasPrefix(strings.ToUpper(cmd), "EVAL") {
			return false
		}
		babble(c, 3)
		return true
	})
}

func babble(c *server.Peer, depth int) {
	kinds := 7
	if depth == 0 {
		kinds = 6
	}
	switch rand.IntN(kinds) {
	case 0:
		c.WriteInt(rand.IntN(3) - 1)
	case 1:
		c.WriteInt(int(rand.Int64()))
	case 2:
		c.WriteBulk("agent-1")
	case 3:
		c.WriteBulk("")
	case 4:
		c.WriteNull()
	case 5:
		c.WriteError("ERR anything")
	default:
		n := rand.IntN(14)
		c.WriteLen(n)
		for range n {
			babble(c, depth-1)
		}
	}
}

// survived makes a call, and returns the panic in which it ended, or that it took too long.
func survived(call func(ctx context.Context)) (err error) {
	const enough = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), enough)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a panic: %v", p)
		}
	}()
	call(ctx)
	return ctx.Err()
}

func TestAnyReplyOfAScriptIsSurvived(t *testing.T) {
	t.Parallel()
	const rounds, floor = 1000, 10_000
	m, s := mini(t, redisstore.Options{Timeout: time.Second})
	require.NoError(t, s.SetOnline(t.Context(), "agent-1"))
	babbling(m)
	death := driver.Death{ID: "agent-1", Token: 1}
	calls := []func(ctx context.Context){
		func(ctx context.Context) { s.SetOnline(ctx, "agent-1") },
		func(ctx context.Context) { s.RefreshFor(ctx, "agent-1", time.Minute) },
		func(ctx context.Context) { s.Expire(ctx, "agent-1") },
		func(ctx context.Context) { s.Register(ctx, "agent-1", "http://a", "") },
		func(ctx context.Context) { s.Clear(ctx, "agent-1") },
		func(ctx context.Context) { s.ClearMany(ctx, []string{"agent-1", "agent-2"}) },
		func(ctx context.Context) { s.Sweep(ctx, 0, driver.SweepOptions{Interval: time.Second}) },
		func(ctx context.Context) { s.Claim(ctx, 0, driver.ClaimOptions{Max: 10, Lease: time.Minute}) },
		func(ctx context.Context) { s.Begin(ctx, death) },
		func(ctx context.Context) { s.Extend(ctx, []driver.Death{death, death}, time.Minute) },
		func(ctx context.Context) { s.Acknowledge(ctx, death) },
		func(ctx context.Context) { s.Release(ctx, death, time.Second) },
		func(ctx context.Context) { s.Withdraw(ctx, death) },
		func(ctx context.Context) { s.Note(ctx, 0, "", "note") },
		func(ctx context.Context) { s.Adopt(ctx, 0, []string{"agent-1"}, time.Now()) },
		func(ctx context.Context) { s.Forget(ctx, []string{"agent-1"}) },
		func(ctx context.Context) { s.Sample(ctx, 0, 10) },
		func(ctx context.Context) { s.Look(ctx, []string{"agent-1", "agent-2"}) },
		func(ctx context.Context) {
			for range s.Deaths(ctx, 0) {
			}
		},
	}
	n := 0
	for range rounds {
		for i, call := range calls {
			require.NoError(t, survived(call), "call %d", i)
			n++
		}
	}
	board.Row(t, "fuzz: replies of scripts", board.Figures{Operations: n, FloorOperations: floor})
}

// A caller that takes the first item of a reply for a number.
func TestACallerThatTrustsAReplyIsFound(t *testing.T) {
	m := miniredis.RunT(t)
	babbling(m)
	c := redis.NewClient(&redis.Options{Addr: m.Addr(), MaxRetries: -1})
	defer c.Close()
	for range 1000 {
		if survived(func(ctx context.Context) {
			if items, err := c.EvalSha(ctx, "0", nil).Slice(); err == nil {
				_ = items[0].(int64)
			}
		}) != nil {
			return
		}
	}
	t.Error("it was not found")
}

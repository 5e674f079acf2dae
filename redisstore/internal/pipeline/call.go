package pipeline

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// call is what one caller waits for: commands for one server, which travel
// together and in order. The replies belong to the caller once done has an
// item.
type call struct {
	ctx    context.Context
	server *Server
	cmds   []tracked
	one    [1]tracked // the array of cmds, if that is enough
	lone   *loneConn  // by which the command goes; nil: by the pool of the client
	state  atomic.Int32

	hooksPassed atomic.Bool   // the hooks of the client have seen the commands
	done        chan struct{} // has an item once the replies are there; nil for a lone caller
}

// The states of a call.
const (
	pending   = iota
	sent      // its effect is "maybe" until done has an item
	abandoned // it is never sent
)

// signals are empty channels for call.done.
var signals = sync.Pool{New: func() any { return make(chan struct{}, 1) }}

// newCall returns a call of about n commands. It is not used again: a hook may have
// kept a command.
func newCall(ctx context.Context, s *Server, n int) *call {
	c := &call{ctx: ctx, server: s}
	if c.cmds = c.one[:0]; n > 1 {
		c.cmds = make([]tracked, 0, n)
	}
	return c
}

func (c *call) add(cmd *redis.Cmd) {
	cmd.SetErr(errUnanswered)
	c.cmds = append(c.cmds, tracked{cmd, c})
}

// markSent reports whether the caller still waits. If so, the call cannot be abandoned any
// more.
func (c *call) markSent() bool {
	if c.state.Load() == pending {
		if c.ctx.Err() != nil {
			c.abandon()
		}
		c.state.CompareAndSwap(pending, sent)
	}
	return c.state.Load() == sent
}

// reset makes the call as it was before a client had it that did not send it.
func (c *call) reset() {
	c.hooksPassed.Store(false)
	for _, cmd := range c.cmds {
		cmd.SetErr(errUnanswered)
	}
}

// abandon makes sure that the call is never sent, and reports false if it is
// too late for that.
func (c *call) abandon() bool {
	return c.state.CompareAndSwap(pending, abandoned)
}

// answered reports whether the server replied to any of the commands.
func (c *call) answered() bool {
	return slices.ContainsFunc(c.cmds, func(cmd tracked) bool { return replied(cmd.Cmd.Err()) })
}

// misplaced reports whether the server replied that it does not serve the keys any
// more, or not now.
func (c *call) misplaced() bool {
	return slices.ContainsFunc(c.cmds, func(cmd tracked) bool { return unserved(cmd.Cmd.Err()) })
}

// finish has commands without a reply fail with err.
func (c *call) finish(err error) {
	if err == nil {
		err = errUnanswered
	}
	for _, cmd := range c.cmds {
		if cmd.Cmd.Err() == errUnanswered {
			cmd.SetErr(err)
		}
	}
}

// endedEarly returns the error of the context if that ended before the call was sent.
func (c *call) endedEarly() error {
	if c.state.Load() == abandoned {
		return c.ctx.Err()
	}
	return nil
}

// await returns nil when every command has its reply or its error.
func (c *call) await(limit Limit) error {
	err := limit.Wait(c.done)
	switch {
	case err != nil && c.abandon():
		return err
	case c.state.Load() == abandoned && limit.ctx.Err() != nil: // markSent saw that first
		return limit.ctx.Err()
	case err == nil:
		signals.Put(c.done)
		return nil
	case c.state.Load() == abandoned: // by Server.close
		<-c.done
		return nil
	}
	select {
	case <-c.done:
		return nil
	default:
		return err
	}
}

// tracked is a command as the client sees it. The client asks for Args when it writes the
// command, perhaps long after it was given it: it may have to connect first. If the caller
// has gone by then, the client gets the arguments of a PING.
type tracked struct {
	*redis.Cmd
	call *call
}

func (c *tracked) Args() []any {
	if c.call.hooksPassed.Load() && !c.call.markSent() {
		return []any{"ping"}
	}
	return c.Cmd.Args()
}

// NoRetry has the client send the command once, and answer it from no cache.
func (c *tracked) NoRetry() bool { return true }

// Err is nil until there is a reply or an error: hooks read it before.
func (c *tracked) Err() error {
	if err := c.Cmd.Err(); err != errUnanswered {
		return err
	}
	return nil
}

// lastHook is the hook of a client that runs last. Hooks before it may have asked for the
// Args of a command, as tracing does, without writing it.
type lastHook struct{}

func (lastHook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (lastHook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if c := passHooks(cmd); c != nil && c.lone != nil {
			return c.lone.client.Process(ctx, cmd)
		}
		return next(ctx, cmd)
	}
}

func (lastHook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		for _, cmd := range cmds {
			passHooks(cmd)
		}
		return next(ctx, cmds)
	}
}

// passHooks has the client's next look at Args count as writing the command, and returns
// its call; nil for a command of the application.
func passHooks(cmd redis.Cmder) *call {
	c, ok := cmd.(*tracked)
	if !ok {
		return nil
	}
	c.call.hooksPassed.Store(true)
	return c.call
}

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
	cmds   []written
	one    [1]written // the array of cmds, if that is enough
	line   *line      // by which the command goes, if not by the pool of the client
	state  atomic.Int32
	armed  atomic.Bool   // the client has the commands, and its hooks have seen them
	done   chan struct{} // has an item once the replies are there; nil for a lone caller
}

const (
	pending   = iota
	sent      // its effect is "maybe" until done has an item
	abandoned // it is never sent
)

// signals are channels with room for one item, and without any.
var signals = sync.Pool{New: func() any { return make(chan struct{}, 1) }}

// newCall returns a call of about n commands. It is not used again: a hook may have
// kept a command.
func newCall(ctx context.Context, s *Server, n int) *call {
	c := &call{ctx: ctx, server: s}
	if c.cmds = c.one[:0]; n > 1 {
		c.cmds = make([]written, 0, n)
	}
	return c
}

func (c *call) add(cmd *redis.Cmd) {
	cmd.SetErr(errUnanswered)
	c.cmds = append(c.cmds, written{cmd, c})
}

// send reports whether the caller still waits, and if so takes the call: it
// cannot be abandoned any more.
func (c *call) send() bool {
	if c.state.Load() == pending {
		if c.ctx.Err() != nil {
			c.abandon()
		}
		c.state.CompareAndSwap(pending, sent)
	}
	return c.state.Load() == sent
}

// unarm makes the call as it was before a client had it that did not send it.
func (c *call) unarm() {
	c.armed.Store(false)
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
	return slices.ContainsFunc(c.cmds, func(cmd written) bool { return replied(cmd.Cmd.Err()) })
}

// misplaced reports whether the server replied that it does not serve the keys any
// more, or not now.
func (c *call) misplaced() bool {
	return slices.ContainsFunc(c.cmds, func(cmd written) bool { return unserved(cmd.Cmd.Err()) })
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

// left returns the error of the context if it ended before the call was sent.
func (c *call) left() error {
	if c.state.Load() == abandoned {
		return c.ctx.Err()
	}
	return nil
}

// await returns nil when every command has its reply or its error.
func (c *call) await(w Wait) error {
	err := w.Until(c.done)
	switch {
	case err != nil && c.abandon():
		return err
	case c.state.Load() == abandoned && w.ctx.Err() != nil: // send saw that first
		return w.ctx.Err()
	case err == nil:
		signals.Put(c.done)
		return nil
	case c.state.Load() == abandoned: // by the queue's closing
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

// written is a command as the client sees it. The client asks for Args when
// it writes, which may be long after it was given the command: it had to
// connect first. In place of a command whose caller has gone a PING is sent.
type written struct {
	*redis.Cmd
	call *call
}

func (w *written) Args() []any {
	if w.call.armed.Load() && !w.call.send() {
		return []any{"ping"}
	}
	return w.Cmd.Args()
}

// NoRetry has the client send the command once, and answer it from no cache.
func (w *written) NoRetry() bool { return true }

// Err is nil until there is a reply or an error: hooks read it before.
func (w *written) Err() error {
	if err := w.Cmd.Err(); err != errUnanswered {
		return err
	}
	return nil
}

// innermost is the last hook of a client. Those before it may have read the Args of
// commands, as tracing does, and that is no writing.
type innermost struct{}

func (innermost) DialHook(next redis.DialHook) redis.DialHook { return next }

func (innermost) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if c := arm(cmd); c != nil && c.line != nil {
			return c.line.client.Process(ctx, cmd)
		}
		return next(ctx, cmd)
	}
}

func (innermost) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		for _, cmd := range cmds {
			arm(cmd)
		}
		return next(ctx, cmds)
	}
}

// arm has the command's Args count as written from now on, and returns its call.
func arm(cmd redis.Cmder) *call {
	w, ok := cmd.(*written)
	if !ok {
		return nil
	}
	w.call.armed.Store(true)
	return w.call
}

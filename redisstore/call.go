package redisstore

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// errUnanswered marks a command to which no reply was read. It must be told
// from a reply because a pipeline that fails before anything is sent may leave
// its commands without an error.
var errUnanswered = errors.New("no reply")

// call is what one caller waits for: commands for one server, which travel
// together and in order. The replies belong to the caller once done has an
// item.
type call struct {
	ctx   context.Context
	queue *queue
	cmds  []written
	one   [1]written // the array of cmds, if that is enough
	state atomic.Int32
	done  chan struct{} // has an item once the replies are there
}

const (
	pending   = iota
	sent      // its effect is "maybe" until done has an item
	abandoned // it is never sent
)

// calls are kept to be used again.
type calls struct{ sync.Pool }

// get returns a call of about n commands.
func (p *calls) get(ctx context.Context, q *queue, n int) *call {
	c, ok := p.Get().(*call)
	if !ok {
		c = &call{done: make(chan struct{}, 1)}
	}
	c.ctx, c.queue = ctx, q
	c.state.Store(pending)
	if c.cmds = c.one[:0]; n > 1 {
		c.cmds = make([]written, 0, n)
	}
	return c
}

// put takes back a call whose replies are there: nobody else has it any more.
func (p *calls) put(c *call) {
	c.ctx, c.queue, c.cmds, c.one = nil, nil, nil, [1]written{}
	p.Put(c)
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

// abandon makes sure that the call is never sent, and reports false if it is
// too late for that.
func (c *call) abandon() bool {
	return c.state.CompareAndSwap(pending, abandoned)
}

// finish hands the replies to the caller. Commands without one fail with err.
func (c *call) finish(err error) {
	if err == nil {
		err = errUnanswered
	}
	for _, cmd := range c.cmds {
		if cmd.Err() == errUnanswered {
			cmd.SetErr(err)
		}
	}
	c.done <- struct{}{}
}

// await returns nil when every command has its reply or its error.
func (c *call) await(w wait) error {
	err := w.until(c.done)
	switch {
	case err != nil && c.abandon():
		return err
	case c.state.Load() == abandoned && w.ctx.Err() != nil: // send saw that first
		return w.ctx.Err()
	case err == nil:
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
	if !w.call.send() {
		return []any{"ping"}
	}
	return w.Cmd.Args()
}

package redisstore

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// most is the number of commands at which a pipeline is full.
	most = 1000

	// inFlight is how many pipelines a server is sent at once: while one waits
	// for the server, the other is filled or read.
	inFlight = 2
)

// queue sends the calls for one server, as many together as are waiting.
type queue struct {
	client  *redis.Client
	timeout time.Duration
	health  health
	failed  func()      // called when the server did not answer
	crowded atomic.Bool // the last batch was of several calls

	mu      sync.Mutex
	waiting []*call
	running int
	closed  bool
	idle    chan struct{} // closed when the queue is closed and nothing is running
}

func (s *Store) newQueue(client *redis.Client, failed func()) *queue {
	return &queue{
		client:  client,
		timeout: s.timeout,
		health:  health{log: s.log, secrets: s.secrets, addr: client.Options().Addr},
		failed:  failed,
		idle:    make(chan struct{}),
	}
}

// submit takes the call, which is finished some time later.
func (q *queue) submit(c *call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return errClosed
	}
	q.waiting = append(q.waiting, c)
	if q.running < inFlight {
		q.running++
		go q.run()
	}
	return nil
}

// run sends batches until nothing waits. Where callers come in crowds it yields
// before each, so that those who are about to submit come along.
func (q *queue) run() {
	var batch []*call
	for {
		if q.crowded.Load() {
			runtime.Gosched()
		}
		if batch = q.take(batch); len(batch) == 0 {
			return
		}
		q.crowded.Store(len(batch) > 1)
		q.send(batch)
	}
}

// take returns the calls that go together. Without any, the goroutine that
// asked counts as running no more. The array of the last batch is used again.
func (q *queue) take(last []*call) []*call {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken, commands := 0, 0
	for ; taken < len(q.waiting) && commands < most; taken++ {
		if c := q.waiting[taken]; c.state.Load() != abandoned {
			commands += len(c.cmds)
		}
	}
	batch := q.waiting[:taken:taken]
	clear(last)
	q.waiting = append(last[:0], q.waiting[taken:]...)
	batch = slices.DeleteFunc(batch, func(c *call) bool { return c.state.Load() == abandoned })
	if len(batch) == 0 {
		q.running--
		q.settle()
	}
	return batch
}

// send makes one round trip, which the queue's own time bounds: its callers
// have deadlines of their own and may leave before.
func (q *queue) send(batch []*call) {
	ctx := deadline{context.Background(), time.Now().Add(q.timeout)}
	err := q.exchange(ctx, batch)
	answered := batch[0].cmds[0].Err() != errUnanswered
	q.health.note(answered, err)
	if !answered {
		q.failed()
	}
	for _, c := range batch {
		c.finish(err)
	}
}

// exchange sends a batch and reads the replies.
func (q *queue) exchange(ctx context.Context, batch []*call) error {
	if len(batch) == 1 && len(batch[0].cmds) == 1 {
		return q.client.Process(ctx, &batch[0].cmds[0])
	}
	pipe := q.client.Pipeline()
	for _, c := range batch {
		for i := range c.cmds {
			_ = pipe.Process(ctx, &c.cmds[i]) // queues, never fails
		}
	}
	_, err := pipe.Exec(ctx)
	return err
}

// deadline is a context that is never done: it tells the client until when to
// wait, and needs no timer for that.
type deadline struct {
	context.Context
	time time.Time
}

func (d deadline) Deadline() (time.Time, bool) { return d.time, true }

// close refuses further calls and those not yet taken.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.closed = true
	for _, c := range q.waiting {
		if c.abandon() {
			c.finish(errClosed)
		}
	}
	q.waiting = nil
	q.settle()
}

// retire closes the queue unless it is busy.
func (q *queue) retire() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running > 0 {
		return false
	}
	q.closed = true
	q.settle()
	return true
}

func (q *queue) settle() {
	if q.closed && q.running == 0 {
		close(q.idle)
	}
}

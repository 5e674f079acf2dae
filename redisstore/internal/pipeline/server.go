package pipeline

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
	// Most is the number of commands at which a round trip is full.
	Most = 1000

	// inFlight is how many round trips to a server are under way at once: while one
	// waits for the server, the other is filled or read.
	inFlight = 2

	// habit is how many callers must have come alone, one after the other, before
	// they get a line.
	habit = 16
)

// Server is one server, and the calls for it.
type Server struct {
	client  *redis.Client
	timeout time.Duration
	health  health
	failed  func()       // called when the server did not answer, or does not serve its keys
	crowded atomic.Bool  // the last round trip was of several calls
	alone   atomic.Int32 // how many in a row were of one
	line    atomic.Pointer[line]

	mu      sync.Mutex
	waiting []*call
	running int
	closed  bool
	idle    chan struct{} // closed when the server is closed and nothing is running
}

func (t *Transport) newServer(client *redis.Client, failed func()) *Server {
	client.AddHook(innermost{})
	return &Server{
		client:  client,
		timeout: t.Timeout,
		health:  health{Options: &t.Options, addr: client.Options().Addr},
		failed:  failed,
		idle:    make(chan struct{}),
	}
}

// Addr is the address by which the client knows the server.
func (s *Server) Addr() string { return s.client.Options().Addr }

// submit takes the call, which is finished some time later.
func (s *Server) submit(c *call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.waiting = append(s.waiting, c)
	if s.running < inFlight {
		s.running++
		go s.run()
	}
	return nil
}

// run makes round trips until nothing waits. Where callers come in crowds it yields
// before each, so that callers about to submit come along.
func (s *Server) run() {
	var batch []*call
	for {
		if s.crowded.Load() {
			runtime.Gosched()
		}
		if batch = s.take(batch); len(batch) == 0 {
			return
		}
		s.crowded.Store(len(batch) > 1)
		s.send(batch)
		s.provideLine(batch)
	}
}

// take returns the calls that go together. Without any, the goroutine that
// asked counts as running no more. The array of the last batch is used again.
func (s *Server) take(last []*call) []*call {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken, commands := 0, 0
	for ; taken < len(s.waiting) && commands < Most; taken++ {
		if c := s.waiting[taken]; c.state.Load() != abandoned {
			commands += len(c.cmds)
		}
	}
	batch := s.waiting[:taken:taken]
	clear(last)
	s.waiting = append(last[:0], s.waiting[taken:]...)
	batch = slices.DeleteFunc(batch, func(c *call) bool { return c.state.Load() == abandoned })
	if len(batch) == 0 {
		s.running--
		s.settle()
	}
	return batch
}

// send makes one round trip, which the server's own time bounds: its callers
// have deadlines of their own and may leave before.
func (s *Server) send(batch []*call) {
	err := s.exchange(deadline{context.Background(), time.Now().Add(s.timeout)}, batch)
	s.learn(batch, err)
	for _, c := range batch {
		c.finish(err)
		c.done <- struct{}{}
	}
}

// exchange sends a batch and reads the replies.
func (s *Server) exchange(ctx context.Context, batch []*call) error {
	if len(batch) == 1 && len(batch[0].cmds) == 1 {
		return s.client.Process(ctx, &batch[0].cmds[0])
	}
	pipe := s.client.Pipeline()
	for _, c := range batch {
		for i := range c.cmds {
			_ = pipe.Process(ctx, &c.cmds[i]) // queues, never fails
		}
	}
	_, err := pipe.Exec(ctx)
	return err
}

// callAlone makes the round trip of one command in the goroutine of its caller, if
// nothing else is under way: where the processors are busy, to hand it to another
// goroutine takes longer than the round trip. It reports false if the call was not
// sent and is to be submitted.
func (s *Server) callAlone(c *call, end time.Time) bool {
	if s.line.Load() == nil || s.crowded.Load() || len(c.cmds) > 1 || !s.begin() {
		return false
	}
	defer s.end()
	l := s.line.Load()
	if l == nil {
		return false
	}
	c.line, l.caller, l.end = l, c.ctx, end
	err := s.client.Process(c.ctx, &c.cmds[0])
	c.line = nil
	if !c.answered() || c.misplaced() {
		s.hangUp(l)
	}
	if c.state.Load() == pending && c.armed.Load() { // the line had ended before
		c.unarm()
		return false
	}
	if c.answered() || c.ctx.Err() == nil {
		s.learn([]*call{c}, err)
	}
	c.finish(err)
	return true
}

// begin counts the caller as running if nothing else is.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.running > 0 {
		return false
	}
	s.running++
	return true
}

func (s *Server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	s.settle()
}

// learn draws the conclusions from a round trip.
func (s *Server) learn(batch []*call, err error) {
	answered := slices.ContainsFunc(batch, (*call).answered)
	s.health.note(answered, err)
	if !answered || slices.ContainsFunc(batch, (*call).misplaced) {
		s.failed()
	}
}

// provideLine connects a line once callers have made it a habit to come alone.
func (s *Server) provideLine(batch []*call) {
	if len(batch) > 1 || s.health.down.Load() {
		s.alone.Store(0)
		return
	}
	if s.alone.Add(1) != habit || s.line.Load() != nil {
		return
	}
	l := openLine(s.client, s.timeout)
	if l == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.line.CompareAndSwap(nil, l) {
		l.close()
	}
}

// hangUp closes the line.
func (s *Server) hangUp(l *line) {
	if l != nil && s.line.CompareAndSwap(l, nil) {
		s.alone.Store(0)
		l.close()
	}
}

// deadline is a context with another deadline, at which it is not done: it is for a
// client that looks at the time alone, and needs no timer.
type deadline struct {
	context.Context
	time time.Time
}

func (d deadline) Deadline() (time.Time, bool) { return d.time, true }

// close refuses further calls and those not yet taken.
func (s *Server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	for _, c := range s.waiting {
		if c.abandon() {
			c.finish(ErrClosed)
			c.done <- struct{}{}
		}
	}
	s.waiting = nil
	s.settle()
}

// retire closes the server unless it is busy.
func (s *Server) retire() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running > 0 {
		return false
	}
	if !s.closed {
		s.closed = true
		s.settle()
	}
	s.hangUp(s.line.Load())
	return true
}

func (s *Server) settle() {
	if s.closed && s.running == 0 {
		close(s.idle)
	}
}

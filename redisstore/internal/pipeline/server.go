package pipeline

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// Full is the number of commands at which a round trip takes no further call.
	Full = 1000

	// inFlight is how many round trips to a server are under way at once: while one
	// waits for the server, the other is filled or read.
	inFlight = 2
)

// Server is one server, and the calls for it.
type Server struct {
	client  *redis.Client
	timeout time.Duration
	health  health
	suspect func()       // called when the server did not answer, or does not serve its keys
	crowded atomic.Bool  // the last round trip was of several calls
	inARow  atomic.Int32 // how many round trips in a row were of one call
	lone    atomic.Pointer[loneConn]

	mu      sync.Mutex
	waiting []*call
	running int // goroutines that make round trips
	closed  bool
	idle    chan struct{} // closed when the server is closed and nothing is running
}

func (t *Transport) newServer(client *redis.Client, suspect func()) *Server {
	client.AddHook(lastHook{})
	return &Server{
		client:  client,
		timeout: t.Timeout,
		health:  health{Options: &t.Options, addr: client.Options().Addr},
		suspect: suspect,
		idle:    make(chan struct{}),
	}
}

// Addr is the address by which the client knows the server.
func (s *Server) Addr() string { return s.client.Options().Addr }

// submit takes the call, which is finished later.
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
		s.provideLone(batch)
	}
}

// take returns the calls of the next round trip. If there are none, the goroutine counts
// as running no more. The array of the last batch is used again.
func (s *Server) take(last []*call) []*call {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(last)
	batch, taken, commands := last[:0], 0, 0
	for ; taken < len(s.waiting) && commands < Full; taken++ {
		if c := s.waiting[taken]; c.state.Load() != abandoned {
			batch = append(batch, c)
			commands += len(c.cmds)
		}
	}
	s.waiting = slices.Delete(s.waiting, 0, taken)
	if len(batch) == 0 {
		s.running--
		s.signalIdle()
	}
	return batch
}

// send makes one round trip, which the server's own time bounds: its callers
// have deadlines of their own and may leave before.
func (s *Server) send(batch []*call) {
	err := s.exchange(deadline{context.Background(), time.Now().Add(s.timeout)}, batch)
	s.judge(batch, err)
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

// judge draws the conclusions from a round trip.
func (s *Server) judge(batch []*call, err error) {
	answered := slices.ContainsFunc(batch, (*call).answered)
	s.health.observe(answered, err)
	if !answered || slices.ContainsFunc(batch, (*call).misplaced) {
		s.suspect()
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
	s.signalIdle()
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
		s.signalIdle()
	}
	s.closeLone(s.lone.Load())
	return true
}

func (s *Server) signalIdle() {
	if s.closed && s.running == 0 {
		close(s.idle)
	}
}

// optionsLike returns the options for another client that connects as this one does,
// once and without repetition.
func optionsLike(client *redis.Client, timeout time.Duration) *redis.Options {
	const never, once = -1, 1
	o := *client.Options()
	o.MaxRetries, o.DialerRetries = never, once
	o.PoolSize, o.MinIdleConns, o.MaxIdleConns, o.MaxActiveConns, o.MaxConcurrentDials = 1, 0, 1, 0, 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout, timeout
	o.ContextTimeoutEnabled = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled} // they belong to the other client
	return &o
}

// health logs once that a server has stopped answering, and once that it answers again.
type health struct {
	*Options
	addr string
	down atomic.Bool
}

// observe is called after each round trip with whether there was a reply, or why not.
func (h *health) observe(answered bool, err error) {
	switch {
	case !answered && err != nil && h.down.CompareAndSwap(false, true):
		h.Logger.Warn("liveness: Redis does not answer", "addr", h.addr, "error", h.Text(err))
	case answered && h.down.Load() && h.down.CompareAndSwap(true, false):
		h.Logger.Info("liveness: Redis answers again", "addr", h.addr)
	}
}

package redisstore

// servers knows which server holds which key.
type servers interface {
	// load returns nil once of can be called.
	load(w wait) error

	// of returns the queue of the server that holds the key. It does not wait.
	of(key string) (*queue, error)

	// at returns the queue of the server with this address, nil if there is
	// none.
	at(addr string) *queue

	// all returns the queues of the servers that hold any keys.
	all() []*queue

	// reload begins to find out anew who holds what. The channel is closed
	// when that is done.
	reload() <-chan struct{}

	// close closes all queues and waits until nothing is under way.
	close(w wait)
}

// single is one server for all keys.
type single struct{ queue *queue }

func (s *single) load(wait) error           { return nil }
func (s *single) of(string) (*queue, error) { return s.queue, nil }
func (s *single) at(string) *queue          { return nil }
func (s *single) all() []*queue             { return []*queue{s.queue} }

func (s *single) reload() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

func (s *single) close(w wait) {
	s.queue.close()
	_ = w.until(s.queue.idle) // the time is up: the client's closing ends what is left
}

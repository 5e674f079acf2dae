package pipeline

// topology knows which server holds which key.
type topology interface {
	// load returns nil once byKey can be called.
	load(limit Limit) error

	// byKey returns the server that holds the key. It does not wait.
	byKey(key string) (*Server, error)

	// byAddr returns the server with this address.
	byAddr(addr string) (*Server, error)

	// masters returns the servers that hold any keys.
	masters() []*Server

	// reload begins to ask anew which server holds which slots. The channel is closed
	// when the answer is there.
	reload() <-chan struct{}

	// failure returns why no answer came, the last time that was asked.
	failure() error

	// close closes all servers and waits until nothing is under way.
	close(limit Limit)
}

// single is one server for all keys.
type single struct{ server *Server }

func (s *single) load(Limit) error               { return nil }
func (s *single) byKey(string) (*Server, error)  { return s.server, nil }
func (s *single) byAddr(string) (*Server, error) { return s.server, nil }
func (s *single) masters() []*Server             { return []*Server{s.server} }

func (s *single) reload() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

func (s *single) failure() error { return nil }

func (s *single) close(limit Limit) { closeServers(limit, []*Server{s.server}) }

// closeServers refuses all further calls, and waits for those under way.
func closeServers(limit Limit, servers []*Server) {
	for _, s := range servers {
		s.close()
	}
	for _, s := range servers {
		if limit.Wait(s.idle) != nil {
			break // the time is up: the client's closing ends the rest
		}
	}
	for _, s := range servers {
		s.closeLone(s.lone.Load())
	}
}

package pipeline

// topology knows which server holds which key.
type topology interface {
	// load returns nil once of can be called.
	load(w Wait) error

	// of returns the server that holds the key. It does not wait.
	of(key string) (*Server, error)

	// at returns the server with this address.
	at(addr string) (*Server, error)

	// all returns the servers that hold any keys.
	all() []*Server

	// reload begins to ask anew which server holds which slots. The channel is closed
	// when that is done.
	reload() <-chan struct{}

	// close closes all servers and waits until nothing is under way.
	close(w Wait)
}

// single is one server for all keys.
type single struct{ server *Server }

func (s *single) load(Wait) error            { return nil }
func (s *single) of(string) (*Server, error) { return s.server, nil }
func (s *single) at(string) (*Server, error) { return s.server, nil }
func (s *single) all() []*Server             { return []*Server{s.server} }

func (s *single) reload() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

func (s *single) close(w Wait) { closeServers(w, []*Server{s.server}) }

// closeServers refuses all further calls, and waits for those under way.
func closeServers(w Wait, servers []*Server) {
	for _, s := range servers {
		s.close()
	}
	for _, s := range servers {
		if w.Until(s.idle) != nil {
			break // the time is up: the client's closing ends the rest
		}
	}
	for _, s := range servers {
		s.hangUp(s.line.Load())
	}
}

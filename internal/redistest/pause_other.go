//go:build !unix

package redistest

import "testing"

// Pause skips the test: this system cannot stop a process and let it go on.
func (s *Server) Pause(t testing.TB) {
	t.Helper()
	t.Skip("redistest: this system cannot pause a process")
}

// Resume lets a paused process go on. There is none.
func (s *Server) Resume(testing.TB) {}

package redistest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Save writes the data of the server to its disk, from where Restart loads it.
func (s *Server) Save(t testing.TB) {
	t.Helper()
	if err := s.Client(t).Save(context.Background()).Err(); err != nil {
		t.Fatalf("redistest: SAVE: %v", err)
	}
}

// Snapshot returns the data of the server, for Restore.
func (s *Server) Snapshot(t testing.TB) []byte {
	t.Helper()
	s.Save(t)
	snapshot, err := os.ReadFile(s.dumpfile())
	if err != nil {
		t.Fatalf("redistest: %v", err)
	}
	return snapshot
}

// Restore starts the server again with a snapshot in place of its data.
func (s *Server) Restore(t testing.TB, snapshot []byte) {
	t.Helper()
	s.Kill()
	if err := os.WriteFile(s.dumpfile(), snapshot, 0o600); err != nil {
		t.Fatalf("redistest: %v", err)
	}
	s.Restart(t)
}

// Lose removes the data of the server from its disk, so that Restart finds nothing.
func (s *Server) Lose(t testing.TB) {
	t.Helper()
	if err := os.Remove(s.dumpfile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("redistest: %v", err)
	}
}

// Flush removes the data of the server in all databases.
func (s *Server) Flush(t testing.TB) {
	t.Helper()
	if err := s.Client(t).FlushAll(context.Background()).Err(); err != nil {
		t.Fatalf("redistest: FLUSHALL: %v", err)
	}
}

func (s *Server) dumpfile() string { return filepath.Join(s.dir, "dump.rdb") }

package verify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/store"
)

// Place is where the stores of a run are. Each has a name, which is a number or a word.
type Place interface {
	Where() string // for the operator
	Open(ctx context.Context, name string, ttls store.TTLs) (store.LivenessStore, error)
	Outlives() bool                   // its data outlives a store
	Shared() bool                     // several stores at once may have the same data
	Remove(ctx context.Context) error // all that the stores wrote
}

// Server is keys of their own on a server.
type Server struct {
	URL    string
	Prefix string // of all keys
	Delete func(ctx context.Context, prefix string) error

	opened atomic.Bool // so there may be keys
}

// Where implements [Place].
func (s *Server) Where() string { return "keys that begin with " + s.Prefix }

// Open implements [Place].
func (s *Server) Open(ctx context.Context, name string, ttls store.TTLs) (store.LivenessStore, error) {
	opened, err := backends.Open(ctx, s.URL, backends.Options{Prefix: s.Prefix + name + ":", TTLs: ttls})
	if err != nil {
		return nil, err
	}
	s.opened.Store(true)
	return opened, nil
}

// Outlives implements [Place].
func (s *Server) Outlives() bool { return true }

// Shared implements [Place].
func (s *Server) Shared() bool { return true }

// Remove implements [Place].
func (s *Server) Remove(ctx context.Context) error {
	if !s.opened.Load() {
		return nil
	}
	return s.Delete(ctx, s.Prefix)
}

// Directory is files of their own, in a directory beside the file of a platform and so on
// the same disk.
type Directory struct{ path string }

// Beside makes the directory. The file need not exist.
func Beside(file string) (*Directory, error) {
	if linked, err := filepath.EvalSymlinks(file); err == nil {
		file = linked
	}
	path, err := os.MkdirTemp(filepath.Dir(file), "liveness-verify-")
	if err != nil {
		return nil, fmt.Errorf("no directory can be made beside %s: %w", file, err)
	}
	return &Directory{path}, nil
}

// Where implements [Place].
func (d *Directory) Where() string { return "files in " + d.path }

// Open implements [Place].
func (d *Directory) Open(_ context.Context, name string, ttls store.TTLs) (store.LivenessStore, error) {
	return boltstore.Open(filepath.Join(d.path, name+".db"), boltstore.Options{TTLs: ttls})
}

// Outlives implements [Place].
func (d *Directory) Outlives() bool { return true }

// Shared implements [Place].
func (d *Directory) Shared() bool { return false }

// Remove implements [Place].
func (d *Directory) Remove(context.Context) error { return os.RemoveAll(d.path) }

// Memory is this process.
type Memory struct{}

// Where implements [Place].
func (Memory) Where() string { return "the memory of this process" }

// Open implements [Place].
func (Memory) Open(ctx context.Context, _ string, ttls store.TTLs) (store.LivenessStore, error) {
	return backends.Open(ctx, "memory:", backends.Options{TTLs: ttls})
}

// Outlives implements [Place].
func (Memory) Outlives() bool { return false }

// Shared implements [Place].
func (Memory) Shared() bool { return false }

// Remove implements [Place].
func (Memory) Remove(context.Context) error { return nil }

package boltstore

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/internal/clock"
)

// newPath returns a path at which nothing is, in memory where the system has
// that: the tests sync thousands of times.
func newPath(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "liveness-")
	if err != nil {
		return filepath.Join(t.TempDir(), "edge.db")
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "edge.db")
}

// box opens stores for a test, which fails if one does not open.
func box(t testing.TB, path string, o Options) *Store {
	t.Helper()
	return boxWith(t, path, o, host{})
}

func boxWith(t testing.TB, path string, o Options, h host) *Store {
	t.Helper()
	s, err := open(path, o, h)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// powerCut returns a copy of the file as it is on the disk now.
func powerCut(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	left := newPath(t)
	require.NoError(t, os.WriteFile(left, b, 0o600))
	return left
}

// machine has a wall clock that may be wrong, and can be booted again.
type machine struct {
	boot string // "": the system does not say
	step time.Duration
}

func (m *machine) clock() clock.Clock {
	base := time.Now()
	return clock.Clock{
		Mono: func() time.Duration { return time.Since(base) },
		Wall: func() time.Time { return time.Now().Add(m.step) },
		Boot: func() (string, time.Duration, bool) { return m.boot, time.Since(time.Unix(0, 0)), m.boot != "" },
	}
}

// box opens a store on the machine.
func (m *machine) box(t testing.TB, path string, o Options) *Store {
	t.Helper()
	return boxWith(t, path, o, host{clock: m.clock()})
}

// disk is what a test can make fail, and counts transactions.
type disk struct {
	mu      sync.Mutex
	commits int
	pages   int64 // written
	fail    func(db *bbolt.DB, fill func(*bbolt.Tx) error) error
	size    int
}

func (d *disk) update(db *bbolt.DB, fill func(*bbolt.Tx) error) error {
	d.mu.Lock()
	d.commits++
	fail := d.fail
	d.mu.Unlock()
	if fail != nil {
		return fail(db, fill)
	}
	before := db.Stats().TxStats
	err := db.Update(fill)
	after := db.Stats().TxStats
	d.mu.Lock()
	d.pages += after.GetWrite() - before.GetWrite()
	d.mu.Unlock()
	return err
}

func (d *disk) maxSize() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.size
}

func (d *disk) limit(size int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.size = size
}

func (d *disk) fails(how func(*bbolt.DB, func(*bbolt.Tx) error) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail = how
}

// during returns how many transactions do made.
func (d *disk) during(do func()) int {
	d.mu.Lock()
	before := d.commits
	d.mu.Unlock()
	do()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.commits - before
}

func (d *disk) written() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pages
}

// box opens a store on the disk.
func (d *disk) box(t testing.TB, path string, o Options) *Store {
	t.Helper()
	return boxWith(t, path, o, host{update: d.update, maxSize: d.maxSize})
}

func online(t testing.TB, s *Store, id string) bool {
	t.Helper()
	is, err := s.IsOnline(context.Background(), id)
	require.NoError(t, err)
	return is
}

func remaining(t testing.TB, s *Store, id string) time.Duration {
	t.Helper()
	status, err := s.Lookup(context.Background(), id)
	require.NoError(t, err)
	return status.Remaining
}

func names(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("workspace-%06d", i)
	}
	return list
}

// side calls do for each id, from many goroutines.
func side(t testing.TB, list []string, do func(id string) error) {
	t.Helper()
	const callers = 256
	next := make(chan string)
	var wg sync.WaitGroup
	var failed error
	var once sync.Once
	for range callers {
		wg.Go(func() {
			for id := range next {
				if err := do(id); err != nil {
					once.Do(func() { failed = err })
				}
			}
		})
	}
	for _, id := range list {
		next <- id
	}
	close(next)
	wg.Wait()
	require.NoError(t, failed)
}

func setAll(t testing.TB, s *Store, list []string) {
	t.Helper()
	side(t, list, func(id string) error { return s.SetOnline(context.Background(), id) })
}

// namesBeside returns the names of all files in the directory of path.
func namesBeside(t testing.TB, path string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func sizeOf(t testing.TB, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Size()
}

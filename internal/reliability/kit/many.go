package kit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
)

// Named returns n ids that begin with a word.
func Named(word string, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s-%d", word, i)
	}
	return ids
}

// SideBySide calls do for each number below n, from many goroutines.
func SideBySide(n int, do func(i int)) {
	const callers = 256
	var next atomic.Int64
	var calls sync.WaitGroup
	for range callers {
		calls.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	calls.Wait()
}

// SetOnline sets all online, many at a time.
func SetOnline(t testing.TB, s store.LivenessStore, ids []string) {
	t.Helper()
	errs := make([]error, len(ids))
	SideBySide(len(ids), func(i int) { errs[i] = s.SetOnline(context.Background(), ids[i]) })
	require.NoError(t, errors.Join(errs...))
}

// Errors collects the errors of goroutines.
type Errors struct {
	mu  sync.Mutex
	all []error
}

// Add adds an error, if it is one.
func (e *Errors) Add(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil {
		e.all = append(e.all, err)
	}
}

// Joined returns all errors, joined.
func (e *Errors) Joined() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return errors.Join(e.all...)
}

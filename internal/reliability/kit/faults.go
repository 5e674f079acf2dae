package kit

import (
	"errors"
	"sync"
)

// Faults collects errors of goroutines.
type Faults struct {
	mu  sync.Mutex
	all []error
}

// Fault notes an error, if it is one.
func (f *Faults) Fault(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.all = append(f.all, err)
	}
}

// Failures returns all errors, joined.
func (f *Faults) Failures() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.all...)
}

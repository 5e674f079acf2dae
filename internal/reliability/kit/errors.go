package kit

import (
	"errors"
	"sync"
)

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

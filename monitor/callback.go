package monitor

import (
	"context"
	"fmt"
	"runtime/debug"
)

// safely calls a function of the user in a goroutine of its own and sends its error.
// A panic is an error, and so is the end of the goroutine.
func safely(what string, f func() error) <-chan error {
	done := make(chan error, 1)
	go func() {
		err := fmt.Errorf("%s ended its goroutine", what)
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("%s panicked: %v\n%s", what, r, debug.Stack())
			}
			done <- err
		}()
		err = f()
	}()
	return done
}

// within calls f safely and does not wait for it longer than ctx.
func within[T any](ctx context.Context, what string, f func() (T, error)) (T, error) {
	answer := make(chan T, 1)
	returned := safely(what, func() error {
		v, err := f()
		if err == nil {
			answer <- v
		}
		return err
	})
	var none T
	select {
	case err := <-returned:
		if err != nil {
			return none, err
		}
		return <-answer, nil
	case <-ctx.Done():
		return none, fmt.Errorf("%s did not return in time: %w", what, ctx.Err())
	}
}

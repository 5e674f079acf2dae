// Package attempt makes attempts at a test: what happens in one is noted and
// fails no test, so that it can be made again.
package attempt

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
)

// T is the testing.TB of one attempt.
type T struct {
	testing.TB // the test that makes the attempt; nil if there is none

	name   string
	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	failed   bool
	skipped  bool
	givenUp  bool
	hung     bool // still running though its context has ended
	reasons  []string
	cleanups []func()
}

// Make runs f, and what f left to clean up, in a goroutine of its own. It
// returns at the latest one second after the end of ctx. Of t, which may be nil, only Output
// is used.
func Make(ctx context.Context, t testing.TB, name string, f func(*T)) *T {
	a := &T{TB: t, name: name}
	a.ctx, a.cancel = context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer a.cleanup()
		defer a.cancel()
		defer a.Caught()
		f(a)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		a.abandon(done)
	}
	return a
}

func (a *T) abandon(done <-chan struct{}) {
	const moment = time.Second
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		a.note("it was still running %v after its context had ended", moment)
		a.mu.Lock()
		a.hung = true
		a.mu.Unlock()
	}
}

// Reason returns why the attempt failed or was skipped.
func (a *T) Reason() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.reasons, "\n")
}

// GivenUp reports whether the attempt was given up.
func (a *T) GivenUp() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.givenUp
}

// Hung reports whether the attempt is still running though its context has
// ended. Then it has failed.
func (a *T) Hung() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hung
}

// Caught turns a panic into a failure. Every goroutine of an attempt defers it.
func (a *T) Caught() {
	if p := recover(); p != nil {
		a.note("panic: %v\n%s", p, debug.Stack())
	}
}

// cleanup runs what Cleanup was given, last first, each even if the one before
// it did not return.
func (a *T) cleanup() {
	a.mu.Lock()
	n := len(a.cleanups)
	if n == 0 {
		a.mu.Unlock()
		return
	}
	f := a.cleanups[n-1]
	a.cleanups = a.cleanups[:n-1]
	a.mu.Unlock()
	defer a.cleanup()
	defer a.Caught()
	f()
}

func (a *T) note(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed = true
	if reason := fmt.Sprintf(format, args...); reason != "" {
		a.reasons = append(a.reasons, strings.TrimSpace(reason))
	}
}

// GiveUp ends an attempt that proves nothing, whatever it found.
func (a *T) GiveUp() {
	a.mu.Lock()
	a.givenUp = true
	a.mu.Unlock()
	runtime.Goexit()
}

func (a *T) Name() string                    { return a.name }
func (a *T) Context() context.Context        { return a.ctx }
func (a *T) Helper()                         {}
func (a *T) Fail()                           { a.note("") }
func (a *T) FailNow()                        { a.note(""); runtime.Goexit() }
func (a *T) Error(args ...any)               { a.note("%s", fmt.Sprintln(args...)) }
func (a *T) Errorf(f string, args ...any)    { a.note(f, args...) }
func (a *T) Fatal(args ...any)               { a.Error(args...); runtime.Goexit() }
func (a *T) Fatalf(f string, args ...any)    { a.note(f, args...); runtime.Goexit() }
func (a *T) Skip(args ...any)                { a.Skipf("%s", strings.TrimSpace(fmt.Sprintln(args...))) }
func (a *T) SkipNow()                        { a.Skipf("no reason given") }
func (a *T) Setenv(key, value string)        { a.Fatalf("Setenv: attempts run side by side") }
func (a *T) Chdir(dir string)                { a.Fatalf("Chdir: attempts run side by side") }
func (a *T) Attr(key, value string)          {}
func (a *T) Log(args ...any)                 { fmt.Fprintln(a.Output(), args...) }
func (a *T) Logf(format string, args ...any) { a.Log(fmt.Sprintf(format, args...)) }

func (a *T) Output() io.Writer {
	if a.TB == nil {
		return io.Discard
	}
	return a.TB.Output()
}

func (a *T) Skipf(format string, args ...any) {
	a.mu.Lock()
	a.skipped = true
	a.reasons = append(a.reasons, fmt.Sprintf(format, args...))
	a.mu.Unlock()
	runtime.Goexit()
}

func (a *T) Failed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.failed
}

func (a *T) Skipped() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.skipped
}

func (a *T) Cleanup(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cleanups = append(a.cleanups, f)
}

func (a *T) TempDir() string {
	dir, err := os.MkdirTemp("", "attempt")
	if err != nil {
		a.Fatalf("TempDir: %v", err)
	}
	a.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			a.Errorf("TempDir: %v", err)
		}
	})
	return dir
}

// Found fails t unless an attempt at f, in which a bug is planted, fails with a reason that
// contains why.
// Since a machine that is late may hide a bug, f is attempted a few times.
func Found(t testing.TB, why string, f func(*T)) {
	t.Helper()
	const tries = 5
	var reason string
	for range tries {
		if reason = Make(t.Context(), t, t.Name(), f).Reason(); strings.Contains(reason, why) {
			return
		}
	}
	t.Errorf("of %d attempts none failed because of %q; the last says %q", tries, why, reason)
}

package conformance

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

// recorder is the testing.TB of one attempt at a check: it notes what happens
// instead of failing a test.
type recorder struct {
	testing.TB // the test that the check runs in; nil if there is none

	name   string
	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	failed   bool
	skipped  bool
	late     bool // time went by too fast to judge anything
	hung     bool // still running though its context has ended
	reasons  []string
	cleanups []func()
}

// record runs f, and what f left to clean up, in a goroutine of its own. It
// returns at the latest a moment after the end of ctx.
func record(ctx context.Context, t testing.TB, name string, f func(*recorder)) *recorder {
	r := &recorder{TB: t, name: name}
	r.ctx, r.cancel = context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.cleanup()
		defer r.cancel()
		defer r.caught()
		f(r)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		r.abandon(done)
	}
	return r
}

func (r *recorder) abandon(done <-chan struct{}) {
	const moment = time.Second
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		r.note("the check was still running %v after its context had ended", moment)
		r.mu.Lock()
		r.hung = true
		r.mu.Unlock()
	}
}

// result is what the attempt found.
func (r *recorder) result() (outcome Outcome, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	reason = strings.Join(r.reasons, "\n")
	switch {
	case r.failed:
		return Failed, reason
	case r.skipped:
		return Skipped, reason
	}
	return Passed, ""
}

// caught turns a panic of a check, or of the store in its hands, into a
// failure. It is deferred.
func (r *recorder) caught() {
	if p := recover(); p != nil {
		r.note("panic: %v\n%s", p, debug.Stack())
	}
}

// cleanup runs what Cleanup was given, last first, each even if the one before
// it did not return.
func (r *recorder) cleanup() {
	r.mu.Lock()
	n := len(r.cleanups)
	if n == 0 {
		r.mu.Unlock()
		return
	}
	f := r.cleanups[n-1]
	r.cleanups = r.cleanups[:n-1]
	r.mu.Unlock()
	defer r.cleanup()
	defer r.caught()
	f()
}

func (r *recorder) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
	if reason := fmt.Sprintf(format, args...); reason != "" {
		r.reasons = append(r.reasons, strings.TrimSpace(reason))
	}
}

// giveUp ends an attempt that was too late to be judged.
func (r *recorder) giveUp() {
	r.mu.Lock()
	r.late = true
	r.mu.Unlock()
	runtime.Goexit()
}

func (r *recorder) Name() string                 { return r.name }
func (r *recorder) Context() context.Context     { return r.ctx }
func (r *recorder) Helper()                      {}
func (r *recorder) Fail()                        { r.note("") }
func (r *recorder) FailNow()                     { r.note(""); runtime.Goexit() }
func (r *recorder) Error(args ...any)            { r.note("%s", fmt.Sprintln(args...)) }
func (r *recorder) Errorf(f string, args ...any) { r.note(f, args...) }
func (r *recorder) Fatal(args ...any)            { r.Error(args...); runtime.Goexit() }
func (r *recorder) Fatalf(f string, args ...any) { r.note(f, args...); runtime.Goexit() }
func (r *recorder) Skip(args ...any)             { r.Skipf("%s", strings.TrimSpace(fmt.Sprintln(args...))) }
func (r *recorder) SkipNow()                     { r.Skipf("no reason given") }
func (r *recorder) Setenv(key, value string)     { r.Fatalf("Setenv: checks run side by side") }
func (r *recorder) Chdir(dir string)             { r.Fatalf("Chdir: checks run side by side") }
func (r *recorder) Attr(key, value string)       {}
func (r *recorder) Log(args ...any)              { fmt.Fprintln(r.Output(), args...) }
func (r *recorder) Logf(format string, a ...any) { r.Log(fmt.Sprintf(format, a...)) }

func (r *recorder) Output() io.Writer {
	if r.TB == nil {
		return io.Discard
	}
	return r.TB.Output()
}

func (r *recorder) Skipf(format string, args ...any) {
	r.mu.Lock()
	r.skipped = true
	r.reasons = append(r.reasons, fmt.Sprintf(format, args...))
	r.mu.Unlock()
	runtime.Goexit()
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Skipped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.skipped
}

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

func (r *recorder) TempDir() string {
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		r.Fatalf("TempDir: %v", err)
	}
	r.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			r.Errorf("TempDir: %v", err)
		}
	})
	return dir
}

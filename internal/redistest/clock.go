package redistest

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// StartAskew starts a server whose clock is ahead of that of the machine, or
// behind if ahead is negative, and can be stepped by SetClock.
//
// It needs Linux and a C compiler. Without them the test is skipped, or fails
// if CONFORMANCE_STRICT is 1.
func StartAskew(t testing.TB, ahead time.Duration, config ...string) *Server {
	t.Helper()
	s := &Server{dir: t.TempDir(), config: config}
	s.env = []string{"LD_PRELOAD=" + buildClock(t), "REDISTEST_CLOCK=" + s.clockfile()}
	s.SetClock(t, ahead)
	return launch(t, s)
}

// SetClock steps the clock of a server that was started by StartAskew, also
// while it runs.
func (s *Server) SetClock(t testing.TB, ahead time.Duration) {
	t.Helper()
	f, err := os.OpenFile(s.clockfile(), os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		defer f.Close()
		// The server has the file mapped: it is written in place.
		_, err = f.WriteAt(binary.NativeEndian.AppendUint64(nil, uint64(ahead)), 0)
	}
	if err != nil {
		t.Fatalf("redistest: %v", err)
	}
}

func (s *Server) clockfile() string { return filepath.Join(s.dir, "clock") }

// buildClock returns the path of a library in which time is told by clockC.
func buildClock(t testing.TB) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		missing(t, "a server with a clock of its own needs Linux")
	}
	dir := t.TempDir()
	source, library := filepath.Join(dir, "clock.c"), filepath.Join(dir, "clock.so")
	if err := os.WriteFile(source, []byte(clockC), 0o600); err != nil {
		t.Fatalf("redistest: %v", err)
	}
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	if _, err := exec.LookPath(cc); err != nil {
		missing(t, cc+" is not installed (apt-get install gcc libc6-dev)")
	}
	if out, err := exec.Command(cc, "-shared", "-fPIC", "-O2", "-o", library, source).CombinedOutput(); err != nil {
		t.Fatalf("redistest: %s: %v\n%s", cc, err, out)
	}
	return library
}

// clockC takes the place of the functions that tell the time of day. It adds
// the number of nanoseconds in the file that it has mapped; until then, which
// is before main, it adds nothing.
const clockC = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead;

__attribute__((constructor)) static void map(void) {
	int fd = open(getenv("REDISTEST_CLOCK"), O_RDONLY);
	void *p = mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) abort();
	close(fd);
	ahead = p;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
	int failed = syscall(SYS_clock_gettime, clock, now);
	if (failed || clock != CLOCK_REALTIME || !ahead) return failed;
	int64_t ns = now->tv_sec * 1000000000LL + now->tv_nsec + *ahead;
	now->tv_sec = ns / 1000000000;
	now->tv_nsec = ns % 1000000000;
	return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
	struct timespec t;
	int failed = clock_gettime(CLOCK_REALTIME, &t);
	now->tv_sec = t.tv_sec;
	now->tv_usec = t.tv_nsec / 1000;
	return failed;
}

time_t time(time_t *now) {
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	if (now) *now = t.tv_sec;
	return t.tv_sec;
}
`

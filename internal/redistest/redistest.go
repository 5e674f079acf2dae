// Package redistest runs real Redis servers for tests, on free ports of
// 127.0.0.1, from the binary redis-server. They end with their test.
//
// Without the binary a test is skipped, or fails if CONFORMANCE_STRICT is 1.
package redistest

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

const binary = "redis-server"

// find returns the path of the binary, or ends the test.
func find(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath(binary)
	if err != nil {
		missing(t, binary+" is not installed (apt-get install redis-server, brew install redis)")
	}
	return path
}

// missing ends a test that cannot run here.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CONFORMANCE_STRICT") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// busOffset is how far above its port a server of a Cluster listens for the
// others.
const busOffset = 10_000

// freePort returns a port that was free a moment ago, and whose bus port was.
// Another process may still come first.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		bus, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatalf("redistest: %v", err)
		}
		port := bus.Addr().(*net.TCPAddr).Port - busOffset
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		bus.Close()
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("redistest: no free port with a free bus port")
	return 0
}

// Package redistest runs real Redis servers for tests, on free ports of
// 127.0.0.1, from the binary redis-server. They end with their test.
//
// Without the binary a test is skipped, or fails if CONFORMANCE_STRICT is 1.
//
//	server.go    Start: one server, which can be killed and restarted
//	pause_*.go   a server that is stopped and goes on
//	disk.go      snapshots of its data, and their loss
//	clock.go     StartAskew: a server whose clock can be set
//	sentinel.go  StartSentinel: a master, its replicas and three sentinels
//	cluster.go   StartCluster: masters, and slots that move
package redistest

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

const serverBinary = "redis-server"

// find returns the path of the binary, or ends the test.
func find(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath(serverBinary)
	if err != nil {
		missing(t, serverBinary+" is not installed (apt-get install redis-server, brew install redis)")
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

// startTime is how long a server may take until it answers, failoverTime how long a failover
// may take; one takes about 2 s.
const (
	startTime    = 10 * time.Second
	failoverTime = 30 * time.Second
)

// eventually waits until something is done. A failure shows the log of the server.
func eventually(t testing.TB, failure string, server *Server, done func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), failoverTime)
	defer cancel()
	for !done(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("redistest: %s after %v\n%s", failure, failoverTime, server.log())
		case <-time.After(20 * time.Millisecond):
		}
	}
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

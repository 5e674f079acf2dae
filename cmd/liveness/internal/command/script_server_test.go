package command

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/molecule-ai/liveness/internal/redistest"
)

func serverOf(ts *testscript.TestScript) *redistest.Server {
	return ts.Value("server").(*redistest.Server)
}

// askRedis prints what the server of a session answers: redis DATABASE COMMAND...
func askRedis(ts *testscript.TestScript, _ bool, args []string) {
	db, err := strconv.Atoi(args[0])
	ts.Check(err)
	c := redis.NewClient(&redis.Options{Addr: serverOf(ts).Addr(), DB: db, MaxRetries: -1})
	defer c.Close() //nolint:errcheck // nothing is pending
	command := make([]any, 0, len(args)-1)
	for _, word := range args[1:] {
		command = append(command, word)
	}
	reply, err := c.Do(context.Background(), command...).Result()
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), reply)
}

// farAway makes $FAR a URL by which each answer of the server comes late: far-away TIME.
func farAway(ts *testscript.TestScript, _ bool, args []string) {
	late, err := time.ParseDuration(args[0])
	ts.Check(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = l.Close() })
	addr := serverOf(ts).Addr()
	ts.Setenv("FAR", "redis://"+l.Addr().String())
	go func() {
		for near, err := l.Accept(); err == nil; near, err = l.Accept() {
			go carry(near, addr, late)
		}
	}()
}

// carry carries bytes to a server, and its answers back, each of them late.
func carry(near net.Conn, addr string, late time.Duration) {
	defer near.Close() //nolint:errcheck // nothing is pending
	far, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	go func() {
		defer far.Close() //nolint:errcheck // nothing is pending
		_, _ = io.Copy(far, near)
	}()
	answers := make([]byte, 1<<16)
	for n, err := far.Read(answers); err == nil; n, err = far.Read(answers) {
		time.Sleep(late)
		if _, err := near.Write(answers[:n]); err != nil {
			return
		}
	}
}

// looks prints how often a watch has begun to look in some time after its first look:
// looks TIME.
func looks(ts *testscript.TestScript, _ bool, args []string) {
	length, err := time.ParseDuration(args[0])
	ts.Check(err)
	wait(ts, 1)
	before := serverOf(ts).Commands(ts.Value("t").(testing.TB), "scan")
	time.Sleep(length)
	fmt.Fprintln(ts.Stdout(), "looks:", serverOf(ts).Commands(ts.Value("t").(testing.TB), "scan")-before)
}

// looked returns once a watch has looked at the server, from the beginning to the end.
func looked(ts *testscript.TestScript, _ bool, _ []string) {
	const looks = 3 // one may be under way, and one may be told still
	wait(ts, looks)
}

// wait returns once a watch has begun to look so often.
func wait(ts *testscript.TestScript, looks int) {
	t := ts.Value("t").(testing.TB)
	deadline := time.Now().Add(time.Minute)
	for seen := serverOf(ts).Commands(t, "scan"); serverOf(ts).Commands(t, "scan") < seen+looks; {
		if time.Now().After(deadline) {
			ts.Fatalf("for a minute no watch has looked at the server")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

package redistest

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Server is one redis-server process after another, all at one address and
// with one data directory.
type Server struct {
	binary string
	dir    string
	port   int
	config []string
	env    []string // beside that of the test
	file   string   // the configuration of a sentinel; "" for a server
	cmd    *exec.Cmd
	exited chan struct{}
}

// Start starts a standalone server that keeps nothing on disk. The config is
// that of the command line, such as "--maxmemory", "3mb".
func Start(t testing.TB, config ...string) *Server {
	t.Helper()
	return launch(t, &Server{dir: t.TempDir(), config: config})
}

// launch starts the server at a port that is free.
func launch(t testing.TB, s *Server) *Server {
	t.Helper()
	s.binary = find(t)
	t.Cleanup(s.Kill)
	const tries = 5
	for range tries {
		s.port = freePort(t)
		if s.start(t) {
			return s
		}
	}
	t.Fatalf("redistest: %s does not start:\n%s", serverBinary, s.log())
	return nil
}

// Addr returns host:port.
func (s *Server) Addr() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))
}

// Client returns a client that is closed with the test.
func (s *Server) Client(t testing.TB) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1, ContextTimeoutEnabled: true})
	t.Cleanup(func() { c.Close() })
	return c
}

// Kill ends the process at once, as kill -9 does, and waits until it is gone.
// Killing a server that is gone does nothing.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // fails only if it is gone
	<-s.exited
	s.cmd = nil
}

// Restart starts the server again, at the same address and with the data that it has
// on disk, after killing it if it runs. It returns once the server answers,
// having loaded its data.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Kill()
	if !s.start(t) {
		t.Fatalf("redistest: %s does not start again:\n%s", serverBinary, s.log())
	}
}

// Commands returns how often the server has executed the command, such as
// "pexpire", since it started.
func (s *Server) Commands(t testing.TB, name string) int {
	t.Helper()
	info, err := s.info(context.Background(), "commandstats")
	if err != nil {
		t.Fatalf("redistest: INFO: %v", err)
	}
	_, stat, found := strings.Cut(info, "cmdstat_"+name+":calls=")
	if !found {
		return 0
	}
	calls, _, _ := strings.Cut(stat, ",")
	n, err := strconv.Atoi(calls)
	if err != nil {
		t.Fatalf("redistest: INFO commandstats: %v", err)
	}
	return n
}

// info returns a section of what INFO tells.
func (s *Server) info(ctx context.Context, section string) (string, error) {
	c := redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1, ContextTimeoutEnabled: true})
	defer c.Close()
	return c.Info(ctx, section).Result()
}

// start reports false if the process ends, or does not answer in time.
func (s *Server) start(t testing.TB) bool {
	t.Helper()
	args := []string{"--bind", "127.0.0.1", "--port", strconv.Itoa(s.port), "--dir", s.dir, "--logfile", s.logfile()}
	if s.file == "" {
		args = append(args, "--save", "", "--appendonly", "no")
	} else {
		args = append([]string{s.file, "--sentinel"}, args...)
	}
	s.cmd = exec.Command(s.binary, append(args, s.config...)...)
	s.cmd.Env = append(os.Environ(), s.env...)
	if err := startTied(s.cmd); err != nil {
		t.Fatalf("redistest: %v", err)
	}
	s.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		defer close(exited)
		_ = cmd.Wait() // that it was killed is no news
	}(s.cmd, s.exited)
	if s.answers() {
		return true
	}
	s.Kill()
	return false
}

// answers reports whether this process, and not another at the same port,
// answers in time.
func (s *Server) answers() bool {
	if !s.listens() {
		return false
	}
	c := redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1, DialerRetries: 1})
	defer c.Close()
	pid := "process_id:" + strconv.Itoa(s.cmd.Process.Pid) + "\r\n"
	for end := time.Now().Add(startTime); time.Now().Before(end); {
		info, err := c.Info(context.Background(), "server").Result()
		if err == nil && c.Ping(context.Background()).Err() == nil {
			return strings.Contains(info, pid)
		}
		if redis.IsAuthError(err) || redis.IsPermissionError(err) {
			return true
		}
		select {
		case <-s.exited:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
	return false
}

// listens waits until something accepts connections at the address.
func (s *Server) listens() bool {
	for end := time.Now().Add(startTime); time.Now().Before(end); {
		if conn, err := net.Dial("tcp", s.Addr()); err == nil {
			conn.Close()
			return true
		}
		select {
		case <-s.exited:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
	return false
}

func (s *Server) logfile() string { return filepath.Join(s.dir, "redis.log") }

func (s *Server) log() string {
	text, err := os.ReadFile(s.logfile())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

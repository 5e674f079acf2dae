package redistest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	sentinels = 3
	quorum    = 2

	// failoverTime is how long a failover may take; one takes about 2 s.
	failoverTime = 30 * time.Second
)

// Sentinel is a master and its replicas, watched by three sentinels.
type Sentinel struct {
	Master *Server // as of the last failover
	nodes  []*Server
	guards []*Server
}

// SentinelName is the name of the master among the sentinels.
const SentinelName = "liveness"

// StartSentinel starts a master and a replica of it for each of the clocks,
// which say how far ahead of the machine's that of the replica is; one that
// says 0 needs nothing but Redis. Nothing is kept on disk.
func StartSentinel(t testing.TB, clocks ...time.Duration) *Sentinel {
	t.Helper()
	config := []string{"--repl-diskless-sync-delay", "0"}
	s := &Sentinel{Master: Start(t, config...)}
	s.nodes = []*Server{s.Master}
	config = append(config, "--replicaof", "127.0.0.1 "+strconv.Itoa(s.Master.port))
	for _, ahead := range clocks {
		if ahead == 0 {
			s.nodes = append(s.nodes, Start(t, config...))
		} else {
			s.nodes = append(s.nodes, StartAskew(t, ahead, config...))
		}
	}
	for range sentinels {
		s.guards = append(s.guards, startGuard(t, s.Master))
	}
	s.eventually(t, "the sentinels do not know all", s.ready)
	return s
}

// URL is where the store finds the master, whichever it is.
func (s *Sentinel) URL() string {
	url := "redis://" + s.guards[0].Addr() + "?master_name=" + SentinelName
	for _, g := range s.guards[1:] {
		url += "&addr=" + g.Addr()
	}
	return url
}

// Failover kills the master and returns when the sentinels have another, which
// serves.
func (s *Sentinel) Failover(t testing.TB) {
	t.Helper()
	former := s.Master
	former.Kill()
	s.replaced(t, former)
}

// Split stops the master and returns it when the sentinels have another, which serves.
// Resumed, it takes itself for the master until the sentinels tell it.
func (s *Sentinel) Split(t testing.TB) (former *Server) {
	t.Helper()
	former = s.Master
	former.Pause(t)
	s.replaced(t, former)
	return former
}

// Heal returns when the former master, which runs again, is a replica that has the data,
// and every sentinel knows.
func (s *Sentinel) Heal(t testing.TB, former *Server) {
	t.Helper()
	s.eventually(t, "the former master is no replica", func(ctx context.Context) bool {
		for _, g := range s.guards {
			info, err := g.info(ctx, "sentinel")
			if err != nil || !strings.Contains(info, "status=ok,address="+s.Master.Addr()+",slaves=1") {
				return false
			}
		}
		info, err := former.info(ctx, "replication")
		return err == nil && strings.Contains(info, "master_link_status:up")
	})
}

// replaced returns when the sentinels have another master, which serves.
func (s *Sentinel) replaced(t testing.TB, former *Server) {
	t.Helper()
	s.eventually(t, "no other master", func(ctx context.Context) bool {
		port := 0
		for _, g := range s.guards {
			a, err := g.masterPort(ctx)
			if err != nil || a == former.port || port != 0 && port != a {
				return false
			}
			port = a
		}
		for _, n := range s.nodes {
			if n.port == port {
				s.Master = n
			}
		}
		info, err := s.Master.info(ctx, "replication")
		return err == nil && strings.Contains(info, "role:master")
	})
}

// startGuard starts a sentinel of the master.
func startGuard(t testing.TB, master *Server) *Server {
	t.Helper()
	s := &Server{dir: t.TempDir()}
	file := filepath.Join(s.dir, "sentinel.conf")
	config := fmt.Sprintf("sentinel monitor %[1]s 127.0.0.1 %[2]d %[3]d\n"+
		"sentinel down-after-milliseconds %[1]s 500\n"+
		"sentinel failover-timeout %[1]s 3000\n", SentinelName, master.port, quorum)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatalf("redistest: %v", err)
	}
	s.file = file
	return launch(t, s)
}

// masterPort asks a sentinel for the master.
func (s *Server) masterPort(ctx context.Context) (int, error) {
	c := redis.NewSentinelClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1, ContextTimeoutEnabled: true})
	defer c.Close()
	addr, err := c.GetMasterAddrByName(ctx, SentinelName).Result()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(addr[1])
}

// ready reports whether every sentinel knows the others and the replicas, and
// the replicas have the data of the master.
func (s *Sentinel) ready(ctx context.Context) bool {
	for _, g := range s.guards {
		info, err := g.info(ctx, "sentinel")
		want := fmt.Sprintf("status=ok,address=%s,slaves=%d,sentinels=%d", s.Master.Addr(), len(s.nodes)-1, sentinels)
		if err != nil || !strings.Contains(info, want) {
			return false
		}
	}
	for _, n := range s.nodes[1:] {
		info, err := n.info(ctx, "replication")
		if err != nil || !strings.Contains(info, "master_link_status:up") {
			return false
		}
	}
	return true
}

func (s *Sentinel) eventually(t testing.TB, failed string, done func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), failoverTime)
	defer cancel()
	for !done(ctx) {
		select {
		case <-ctx.Done():
			t.Fatalf("redistest: %s after %v\n%s", failed, failoverTime, s.guards[0].log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

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
	sentinelCount = 3
	quorum        = 2
)

// Sentinel is a master and its replicas, watched by three sentinels.
type Sentinel struct {
	Master    *Server // as of the last failover
	servers   []*Server
	sentinels []*Server
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
	s.servers = []*Server{s.Master}
	config = append(config, "--replicaof", "127.0.0.1 "+strconv.Itoa(s.Master.port))
	for _, ahead := range clocks {
		if ahead == 0 {
			s.servers = append(s.servers, Start(t, config...))
		} else {
			s.servers = append(s.servers, StartAskew(t, ahead, config...))
		}
	}
	for range sentinelCount {
		s.sentinels = append(s.sentinels, startOne(t, s.Master))
	}
	eventually(t, "the sentinels do not know all", s.sentinels[0], s.ready)
	return s
}

// URL is where the store finds the master, whichever it is.
func (s *Sentinel) URL() string {
	url := "redis://" + s.sentinels[0].Addr() + "?master_name=" + SentinelName
	for _, g := range s.sentinels[1:] {
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
	eventually(t, "the former master is no replica", s.sentinels[0], func(ctx context.Context) bool {
		for _, g := range s.sentinels {
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
	eventually(t, "there is no other master", s.sentinels[0], func(ctx context.Context) bool {
		port := 0
		for _, g := range s.sentinels {
			a, err := g.masterPort(ctx)
			if err != nil || a == former.port || port != 0 && port != a {
				return false
			}
			port = a
		}
		for _, n := range s.servers {
			if n.port == port {
				s.Master = n
			}
		}
		info, err := s.Master.info(ctx, "replication")
		return err == nil && strings.Contains(info, "role:master")
	})
}

// startOne starts one sentinel of the master.
func startOne(t testing.TB, master *Server) *Server {
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
	for _, g := range s.sentinels {
		info, err := g.info(ctx, "sentinel")
		want := fmt.Sprintf("status=ok,address=%s,slaves=%d,sentinels=%d", s.Master.Addr(), len(s.servers)-1, sentinelCount)
		if err != nil || !strings.Contains(info, want) {
			return false
		}
	}
	for _, n := range s.servers[1:] {
		info, err := n.info(ctx, "replication")
		if err != nil || !strings.Contains(info, "master_link_status:up") {
			return false
		}
	}
	return true
}

//go:build !race

package redisstore_test

import (
	"testing"

	"github.com/molecule-ai/liveness/conformance"
	"github.com/molecule-ai/liveness/conformance/monitored"
	"github.com/molecule-ai/liveness/internal/redistest"
)

// On real servers time is real: the race detector would be most of what is measured.
func TestConformanceOnServers(t *testing.T) {
	t.Run("standalone", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		h := harness("redis://"+server.Addr()+"/3", 0)
		h.Break, h.Join = pause(server), h.Reopen
		conformance.Run(t, h)
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		c := redistest.StartCluster(t, 3)
		h := harness(clusterURL(c), 0)
		h.Break = pause(c.Masters...)
		h.Lacks = append(h.Lacks, "Harness.Join is nil") // on a standalone server
		conformance.Run(t, h)
	})
}

func TestUnderTheMonitorOnServers(t *testing.T) {
	t.Run("standalone", func(t *testing.T) {
		t.Parallel()
		h := harness("redis://"+redistest.Start(t).Addr(), 0)
		h.Join = h.Reopen
		monitored.Run(t, h)
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		h := harness(clusterURL(redistest.StartCluster(t, 3)), 0)
		h.Join = h.Reopen
		monitored.Run(t, h)
	})
}

// pause makes the servers stop answering.
func pause(servers ...*redistest.Server) func(testing.TB) func() {
	return func(t testing.TB) func() {
		for _, s := range servers {
			s.Pause(t)
		}
		return func() {
			for _, s := range servers {
				s.Resume(t)
			}
		}
	}
}

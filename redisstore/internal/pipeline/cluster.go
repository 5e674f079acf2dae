package pipeline

import (
	"context"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// nodesAsked is how many nodes are asked, one after the other, before the state of a
	// Cluster counts as unknown.
	nodesAsked = 3

	// reloadPause is the least time between two loads while a node fails.
	reloadPause = time.Second
)

// cluster is the masters of a Redis Cluster. Commands go to the clients of the
// nodes, because the client of the Cluster sends a batch again after a dropped
// connection, writes included.
type cluster struct {
	client    *redis.ClusterClient
	transport *Transport

	mu      sync.RWMutex
	servers map[*redis.Client]*Server
	current []*Server              // masters, as of the last load
	own     map[*redis.Client]bool // clients that were made here, and are closed here
	loading chan struct{}          // closed when the load under way is done; nil if none is
	loaded  time.Time              // when a load was last begun
	err     error                  // of the last load
	closed  bool
}

func newCluster(client *redis.ClusterClient, t *Transport) *cluster {
	return &cluster{client: client, transport: t, servers: make(map[*redis.Client]*Server), own: make(map[*redis.Client]bool)}
}

func (c *cluster) load(limit Limit) error {
	if c.masters() != nil {
		return nil
	}
	if err := limit.Wait(c.reload()); err != nil {
		return err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return ErrClosed
	}
	return c.err
}

func (c *cluster) byKey(key string) (*Server, error) {
	master, err := c.client.MasterForKey(context.Background(), key)
	if err != nil {
		return nil, err
	}
	c.mu.RLock()
	s := c.servers[master]
	c.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server(master), nil
}

// server returns the server of a node. The caller holds the lock.
func (c *cluster) server(node *redis.Client) *Server {
	s := c.servers[node]
	if s == nil {
		s = c.transport.newServer(node, c.suspect)
		if c.closed {
			s.close()
		}
		c.servers[node] = s
	}
	return s
}

// byAddr returns the server with this address. A master that holds no slots yet is known
// to no client, so one is made for it here.
func (c *cluster) byAddr(addr string) (*Server, error) {
	addr = hostPort(addr)
	c.mu.Lock()
	defer c.mu.Unlock()
	for node, s := range c.servers {
		if node.NodeAddress() == addr || node.Options().Addr == addr {
			return s, nil
		}
	}
	if c.closed || len(c.current) == 0 {
		return nil, ErrClosed
	}
	o := optionsLike(c.current[0].client, c.transport.Timeout)
	o.Addr, o.NodeAddress = addr, addr
	made := redis.NewClient(o)
	c.own[made] = true
	return c.server(made), nil
}

// hostPort returns an address as clients have it: Redis writes IPv6 without brackets.
func hostPort(addr string) string {
	i := strings.LastIndexByte(addr, ':')
	if i > 0 && addr[0] != '[' && strings.Contains(addr[:i], ":") {
		return net.JoinHostPort(addr[:i], addr[i+1:])
	}
	return addr
}

func (c *cluster) masters() []*Server {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.current
}

// suspect reloads the state, since a master that fails may have been replaced.
func (c *cluster) suspect() {
	c.mu.RLock()
	again := time.Since(c.loaded) > reloadPause
	c.mu.RUnlock()
	if again {
		c.reload()
	}
}

func (c *cluster) reload() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loading != nil {
		return c.loading
	}
	done := make(chan struct{})
	if c.closed {
		close(done)
		return done
	}
	c.loading = done
	c.loaded = time.Now()
	go c.refresh(done)
	return done
}

// refresh asks the Cluster for its masters. The client asks any one node, so each gets only
// a part of the time to answer.
func (c *cluster) refresh(done chan struct{}) {
	var masters []*redis.Client
	var err error
	for range nodesAsked {
		if masters, err = c.askMasters(c.transport.Timeout / nodesAsked); err == nil {
			break
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(done)
	c.loading = nil
	if c.err = err; err != nil {
		return
	}
	c.current = make([]*Server, len(masters))
	for i, m := range masters {
		c.current[i] = c.server(m)
	}
	c.dropFormer()
}

// askMasters returns the masters of a node's answer. Where none answers in time the client
// has none but an old one, and tells no error.
func (c *cluster) askMasters(timeout time.Duration) ([]*redis.Client, error) {
	end := time.Now().Add(timeout)
	ctx, cancel := context.WithDeadline(context.Background(), end)
	defer cancel()
	var mu sync.Mutex
	var masters []*redis.Client
	err := c.client.ForEachMaster(ctx, func(_ context.Context, m *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		masters = append(masters, m)
		return nil
	})
	if err == nil && time.Now().After(end) {
		err = ErrTimeout
	}
	return masters, err
}

func (c *cluster) failure() error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.err
}

// dropFormer drops the servers of former masters. One that is still busy stays until the
// next load. The caller holds the lock.
func (c *cluster) dropFormer() {
	for node, s := range c.servers {
		if slices.Contains(c.current, s) || !s.retire() {
			continue
		}
		delete(c.servers, node)
		if c.own[node] {
			delete(c.own, node)
			_ = node.Close() // nothing is under way
		}
	}
}

func (c *cluster) close(limit Limit) {
	c.mu.Lock()
	c.closed = true
	loading := c.loading
	servers := slices.Collect(maps.Values(c.servers))
	c.mu.Unlock()
	closeServers(limit, servers)
	if loading != nil {
		_ = limit.Wait(loading) // if the time is up, the client's closing ends the rest
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for made := range c.own {
		_ = made.Close()
	}
}

package redisstore

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// attempts is how many nodes may fail to answer, in turn, before the
	// state of a Cluster counts as not to be had.
	attempts = 3

	// patience is how often the state is loaded again while a node fails.
	patience = time.Second
)

// cluster is the masters of a Redis Cluster. Commands go to the clients of the
// nodes, because the client of the Cluster sends a batch again after a dropped
// connection, writes included.
type cluster struct {
	client *redis.ClusterClient
	store  *Store

	mu      sync.RWMutex
	queues  map[*redis.Client]*queue
	masters []*queue
	loading chan struct{} // closed when the load under way is done; nil if none is
	loaded  time.Time     // when a load was last begun
	err     error         // of the last load
	closed  bool
}

func newCluster(client *redis.ClusterClient, s *Store) *cluster {
	return &cluster{client: client, store: s, queues: make(map[*redis.Client]*queue)}
}

func (c *cluster) load(w wait) error {
	if c.all() != nil {
		return nil
	}
	if err := w.until(c.reload()); err != nil {
		return err
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.closed {
		return errClosed
	}
	return c.err
}

func (c *cluster) of(key string) (*queue, error) {
	master, err := c.client.MasterForKey(context.Background(), key)
	if err != nil {
		return nil, err
	}
	c.mu.RLock()
	q := c.queues[master]
	c.mu.RUnlock()
	if q != nil {
		return q, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue(master), nil
}

// queue returns the queue of a node. The caller holds the lock.
func (c *cluster) queue(node *redis.Client) *queue {
	q := c.queues[node]
	if q == nil {
		q = c.store.newQueue(node, c.suspect)
		if c.closed {
			q.close()
		}
		c.queues[node] = q
	}
	return q
}

func (c *cluster) at(addr string) *queue {
	for _, q := range c.all() {
		if q.client.NodeAddress() == addr || q.client.Options().Addr == addr {
			return q
		}
	}
	return nil
}

func (c *cluster) all() []*queue {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.masters
}

// suspect has the state loaded again, since a master that fails may have been
// replaced.
func (c *cluster) suspect() {
	c.mu.RLock()
	again := time.Since(c.loaded) > patience
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

// refresh asks the Cluster for its masters. The client asks one node, any, so
// a node that does not answer is given only a part of the time.
func (c *cluster) refresh(done chan struct{}) {
	var masters []*redis.Client
	var err error
	for range attempts {
		if masters, err = c.ask(c.store.timeout / attempts); err == nil {
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
	c.masters = make([]*queue, len(masters))
	for i, m := range masters {
		c.masters[i] = c.queue(m)
	}
	c.forget()
}

func (c *cluster) ask(timeout time.Duration) ([]*redis.Client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var mu sync.Mutex
	var masters []*redis.Client
	err := c.client.ForEachMaster(ctx, func(_ context.Context, m *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		masters = append(masters, m)
		return nil
	})
	return masters, err
}

// forget drops the queues of nodes that are masters no more. Those that are
// still busy stay until the next time. The caller holds the lock.
func (c *cluster) forget() {
	masters := make(map[*queue]bool, len(c.masters))
	for _, q := range c.masters {
		masters[q] = true
	}
	for node, q := range c.queues {
		if !masters[q] && q.retire() {
			delete(c.queues, node)
		}
	}
}

func (c *cluster) close(w wait) {
	c.mu.Lock()
	c.closed = true
	loading := c.loading
	queues := make([]*queue, 0, len(c.queues))
	for _, q := range c.queues {
		q.close()
		queues = append(queues, q)
	}
	c.mu.Unlock()
	if loading != nil && w.until(loading) != nil {
		return // the time is up: the client's closing ends what is left
	}
	for _, q := range queues {
		if w.until(q.idle) != nil {
			return
		}
	}
}

package redis

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// caller is one workspace, and makes calls about it, each with a context of its own.
type caller struct {
	t       testing.TB
	s       *redisstore.Store
	network *network
	id      string
	asked   string // whose URL is read
	ttl     time.Duration

	began, served, ended [moods]atomic.Int64 // calls, by the mood in which they began
	crossed              atomic.Int64        // answers of another call
	heard                time.Time           // when the last heartbeat was sent that was acknowledged
	cached               int                 // URLs so far
	worst                time.Duration       // by which a call outlived its context
}

func (c *caller) url() string { return fmt.Sprintf("http://%s/%d", c.id, c.cached) }

func (c *caller) live(ctx context.Context) {
	calls := []func(ctx context.Context) error{
		c.register, c.isOnline, c.readURL, c.refresh, c.areOnline, c.cacheURL, c.readURL, c.refresh,
	}
	for i := 0; ctx.Err() == nil; i++ {
		patience := 50*time.Millisecond + rand.N(250*time.Millisecond)
		call, cancel := context.WithTimeout(context.Background(), patience)
		m := c.network.now()
		c.began[m].Add(1)
		deadline := time.Now().Add(patience)
		err := calls[i%len(calls)](call)
		end := time.Now()
		cancel()
		c.worst = max(c.worst, outlived(c.t, deadline, end))
		switch {
		case err == nil:
			c.served[m].Add(1)
		case errors.Is(err, context.DeadlineExceeded):
			c.ended[m].Add(1)
		case errors.Is(err, store.ErrClosed):
			return
		case !errors.Is(err, store.ErrUnavailable):
			c.t.Errorf("about %q: %v", c.id, err)
		}
		time.Sleep(20*time.Millisecond + rand.N(20*time.Millisecond)) // 200 callers share two processors
	}
}

// outlived returns by how much a call outlived its context, and fails if that is more
// than a moment beside the time that the machine overslept.
func outlived(t testing.TB, deadline, end time.Time) time.Duration {
	over := end.Sub(deadline)
	if over > moment {
		if overslept := kit.Overslept(deadline, end); over > moment+overslept {
			t.Errorf("a call outlives its context by %v, of which the machine overslept %v", over, overslept)
		}
	}
	return over
}

// offline is told of an answer that the workspace is offline.
func (c *caller) offline(call string) {
	if since := time.Since(c.heard); since < c.ttl {
		c.t.Errorf("%s(%q) says that a workspace is offline which was heard from %v ago", call, c.id, since)
	}
}

func (c *caller) register(ctx context.Context) error {
	sent := time.Now()
	err := c.s.SetOnline(ctx, c.id)
	if err == nil {
		c.heard = sent
	}
	return err
}

func (c *caller) refresh(ctx context.Context) error {
	sent := time.Now()
	err := c.s.RefreshTTL(ctx, c.id)
	switch {
	case err == nil:
		c.heard = sent
	case errors.Is(err, store.ErrNotFound):
		c.offline("RefreshTTL")
		return nil
	}
	return err
}

func (c *caller) isOnline(ctx context.Context) error {
	online, err := c.s.IsOnline(ctx, c.id)
	if err == nil && !online {
		c.offline("IsOnline")
	}
	return err
}

func (c *caller) areOnline(ctx context.Context) error {
	online, err := c.s.IsOnlineMany(ctx, []string{"nobody", c.id, "nobody"})
	if err != nil {
		return err
	}
	if !online[1] {
		c.offline("IsOnlineMany")
	}
	if online[0] || online[2] {
		c.crossed.Add(1)
		c.t.Errorf("IsOnlineMany about %q has the answer of another", c.id)
	}
	return nil
}

func (c *caller) cacheURL(ctx context.Context) error {
	c.cached++
	return c.s.CacheURL(ctx, c.id, c.url())
}

func (c *caller) readURL(ctx context.Context) error {
	url, err := c.s.GetCachedURL(ctx, c.asked)
	if err == nil && !strings.HasPrefix(url, "http://"+c.id+"/") {
		c.crossed.Add(1)
		c.t.Errorf("GetCachedURL(%q) = %q, the URL of another", c.id, url)
	}
	return err
}

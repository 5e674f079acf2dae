package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// target is what a URL of a Redis means. Of its clients each command is sent once.
type target struct {
	options    redis.Options        // of a client of one server, but for its address
	cluster    *redis.ClusterClient // nil: it is none
	masterName string               // among the sentinels; "" if there are none
	sentinels  []sentinel
	addr       string // of a standalone server
}

// newTarget takes apart a URL that package redisstore accepts.
func newTarget(raw string, timeout time.Duration) (*target, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("the URL cannot be parsed")
	}
	q := u.Query()
	named := q.Has("master_name")
	cluster := !named && (q.Get("cluster") == "true" || q.Has("addr"))
	q.Del("cluster")
	u.RawQuery = q.Encode()
	switch {
	case named:
		o, err := redis.ParseFailoverURL(u.String())
		if err != nil {
			return nil, errors.New("the URL cannot be used for Sentinel")
		}
		return sentinelTarget(o, timeout), nil
	case cluster:
		o, err := redis.ParseClusterURL(u.String())
		if err != nil {
			return nil, errors.New("the URL cannot be used for a Cluster")
		}
		return clusterTarget(o, timeout), nil
	}
	o, err := redis.ParseURL(u.String())
	if err != nil {
		return nil, errors.New("the URL cannot be used for Redis")
	}
	return &target{options: *sendOnce(o, timeout), addr: o.Addr}, nil
}

func sentinelTarget(o *redis.FailoverOptions, timeout time.Duration) *target {
	t := &target{
		masterName: o.MasterName,
		options:    *sendOnce(&redis.Options{Username: o.Username, Password: o.Password, DB: o.DB, TLSConfig: o.TLSConfig}, timeout),
	}
	for _, addr := range o.SentinelAddrs {
		t.sentinels = append(t.sentinels, sentinel{addr, redis.NewSentinelClient(sendOnce(&redis.Options{
			Addr: addr, Username: o.SentinelUsername, Password: o.SentinelPassword, TLSConfig: o.TLSConfig,
		}, timeout))})
	}
	return t
}

func clusterTarget(o *redis.ClusterOptions, timeout time.Duration) *target {
	t := &target{options: *sendOnce(&redis.Options{Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig}, timeout)}
	// Of a master that is away each command fails once, and not after redirections.
	o.MaxRetries, o.MaxRedirects, o.DialerRetries = t.options.MaxRetries, t.options.MaxRetries, t.options.DialerRetries
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout, timeout
	o.ContextTimeoutEnabled, o.DisableIdentity, o.Protocol = true, true, t.options.Protocol
	o.MaintNotificationsConfig = t.options.MaintNotificationsConfig
	t.cluster = redis.NewClusterClient(o)
	return t
}

// sendOnce makes a client send nothing twice, say nothing of itself, and wait for no
// longer than timeout.
func sendOnce(o *redis.Options, timeout time.Duration) *redis.Options {
	const never, once, flatReplies = -1, 1, 2
	o.MaxRetries, o.DialerRetries, o.Protocol = never, once, flatReplies
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = timeout, timeout, timeout, timeout
	o.ContextTimeoutEnabled, o.DisableIdentity = true, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return o
}

// client returns a client of the server at an address.
func (t *target) client(addr string) *redis.Client {
	o := t.options
	o.Addr = addr
	return redis.NewClient(&o)
}

// masters returns a client of each server that holds keys, which the caller closes,
// in the order of their addresses.
func (t *target) masters(ctx context.Context) ([]*redis.Client, error) {
	addrs := []string{t.addr}
	switch {
	case t.cluster != nil:
		var mu sync.Mutex
		addrs = nil
		err := t.cluster.ForEachMaster(ctx, func(_ context.Context, c *redis.Client) error {
			mu.Lock()
			defer mu.Unlock()
			addrs = append(addrs, c.Options().Addr)
			return nil
		})
		if err != nil {
			return nil, err
		}
		slices.Sort(addrs)
	case t.masterName != "":
		addr, err := t.master(ctx)
		if err != nil {
			return nil, err
		}
		addrs = []string{addr}
	}
	clients := make([]*redis.Client, len(addrs))
	for i, addr := range addrs {
		clients[i] = t.client(addr)
	}
	return clients, nil
}

// master returns the address that the first sentinel that answers gives.
func (t *target) master(ctx context.Context) (string, error) {
	var failures []error
	for _, s := range t.sentinels {
		addr, err := s.master(ctx, t.masterName)
		if err == nil {
			return addr, nil
		}
		failures = append(failures, err)
	}
	return "", fmt.Errorf("no sentinel names the master %q: %w", t.masterName, failures[len(failures)-1])
}

// where names the whole of the target.
func (t *target) where() string {
	switch {
	case t.cluster != nil:
		return "the Cluster"
	case t.masterName != "":
		return "master " + t.masterName
	}
	return strings.TrimPrefix(t.addr, "unix://")
}

// close closes the clients of the target; nothing is pending.
func (t *target) close() {
	if t.cluster != nil {
		_ = t.cluster.Close()
	}
	for _, s := range t.sentinels {
		_ = s.client.Close()
	}
}

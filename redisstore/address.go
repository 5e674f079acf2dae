package redisstore

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// address is a URL of a Redis, taken apart.
type address struct {
	url       string
	sentinel  bool
	cluster   bool
	passwords []string
}

// parse takes a URL apart. A password that is not escaped can end up in any
// part of the parsed URL, so no error repeats a part that may
// hold one.
func parse(raw string) (address, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return address{}, errors.New("the URL cannot be parsed: want redis://user:password@host:port/database, with / ? # @ and % in the password escaped")
	}
	if !slices.Contains([]string{"redis", "rediss", "unix"}, u.Scheme) || u.Opaque != "" {
		return address{}, errors.New("the URL does not begin with redis://, rediss:// or unix://")
	}
	if u.Scheme != "unix" && u.Hostname() == "" {
		return address{}, errors.New("the URL has no host: want redis://host:port")
	}
	if strings.Contains(u.EscapedPath()+u.RawQuery, "@") || u.Fragment != "" {
		return address{}, errors.New("the URL has @ or # after the host: a password there must have / ? # @ and % escaped, and so must a parameter")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return address{}, errors.New("the parameters of the URL cannot be parsed: want ?name=value&name=value")
	}
	password, _ := u.User.Password()
	a := address{
		sentinel:  q.Has("master_name"),
		cluster:   q.Has("addr") && !q.Has("master_name"),
		passwords: append(q["password"], password),
	}
	for _, v := range q["cluster"] {
		switch {
		case v != "true" && v != "false":
			return address{}, errors.New("the parameter cluster of the URL is neither true nor false")
		case v == "true" && a.sentinel:
			return address{}, errors.New("the URL has master_name, which means Sentinel, and cluster=true: want one of them")
		case v == "false" && a.cluster:
			return address{}, errors.New("the URL has addr without master_name, which means Cluster, and cluster=false: want one of them")
		}
		a.cluster = v == "true"
	}
	if a.cluster && !slices.Contains([]string{"", "/", "/0"}, u.Path) {
		return address{}, errors.New("the URL has a path, but a Cluster has only database 0")
	}
	q.Del("cluster")
	u.RawQuery = q.Encode()
	a.url = u.String()
	return a, nil
}

// connect returns a client for the address that does as the store wants:
// nothing is sent twice, a context's deadline counts, nothing is waited for longer than
// timeout, and a server is of use if it takes writes to the key.
func (a address) connect(timeout time.Duration, key string) (redis.UniversalClient, error) {
	var client redis.UniversalClient
	var err error
	switch {
	case a.sentinel:
		client, err = a.connectSentinel(timeout, key)
	case a.cluster:
		client, err = a.connectCluster(timeout)
	default:
		client, err = a.connectSingle(timeout, key)
	}
	if err != nil {
		return nil, fmt.Errorf("the URL cannot be used: %s", redactor(a.passwords).Replace(err.Error()))
	}
	return client, nil
}

func (a address) connectSingle(timeout time.Duration, key string) (redis.UniversalClient, error) {
	o, err := redis.ParseURL(a.url)
	if err != nil {
		return nil, err
	}
	if err := check(o.MaxRetries, o.DB); err != nil {
		return nil, err
	}
	bound(timeout, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.PoolTimeout)
	o.MaxRetries, o.DialerRetries = never, once
	o.ConnMaxLifetime = cmp.Or(o.ConnMaxLifetime, connLife)
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.Dialer, o.OnConnect = patient(&redis.Options{DialTimeout: o.DialTimeout, TLSConfig: o.TLSConfig}), writable(key)
	return redis.NewClient(o), nil
}

func (a address) connectSentinel(timeout time.Duration, key string) (redis.UniversalClient, error) {
	o, err := redis.ParseFailoverURL(a.url)
	if err != nil {
		return nil, err
	}
	if err := check(o.MaxRetries, o.DB); err != nil {
		return nil, err
	}
	if o.MasterName == "" {
		return nil, errors.New("master_name is empty")
	}
	if o.ReplicaOnly || o.RouteByLatency || o.RouteRandomly {
		return nil, errors.New("replica_only, route_by_latency and route_randomly read from replicas, which lag behind")
	}
	bound(timeout, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.PoolTimeout)
	o.MaxRetries, o.DialerRetries = never, once
	o.ConnMaxLifetime = cmp.Or(o.ConnMaxLifetime, connLife)
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.Dialer, o.OnConnect = patient(&redis.Options{DialTimeout: o.DialTimeout, TLSConfig: o.TLSConfig}), writable(key)
	return redis.NewFailoverClient(o), nil
}

func (a address) connectCluster(timeout time.Duration) (redis.UniversalClient, error) {
	o, err := redis.ParseClusterURL(a.url)
	if err != nil {
		return nil, err
	}
	if err := check(o.MaxRetries, 0); err != nil {
		return nil, err
	}
	bound(timeout, &o.DialTimeout, &o.ReadTimeout, &o.WriteTimeout, &o.PoolTimeout)
	o.MaxRetries, o.DialerRetries = never, once
	o.ConnMaxLifetime = cmp.Or(o.ConnMaxLifetime, connLife)
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.ClusterStateReloadInterval = unasked
	o.Dialer = patient(&redis.Options{DialTimeout: o.DialTimeout, TLSConfig: o.TLSConfig})
	return redis.NewClusterClient(o), nil
}

const (
	never = -1
	once  = 1

	connLife = time.Minute // of a connection

	// unasked keeps the client from loading the state of a Cluster on its own,
	// in a goroutine that Close could not wait for. The store has it loaded
	// whenever a server fails or refers to another.
	unasked = 365 * 24 * time.Hour
)

func check(maxRetries, db int) error {
	if maxRetries != 0 && maxRetries != never {
		return fmt.Errorf("max_retries is %d, but what was sent is never sent again: want -1 or nothing", maxRetries)
	}
	if db < 0 {
		return fmt.Errorf("the database is %d, want 0 or more", db)
	}
	return nil
}

// bound lowers to most the timeouts that are longer, disabled or left out.
func bound(most time.Duration, timeouts ...*time.Duration) {
	for _, t := range timeouts {
		if *t <= 0 || *t > most {
			*t = most
		}
	}
}

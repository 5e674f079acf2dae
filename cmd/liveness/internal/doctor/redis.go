package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Redis examines the servers at a URL that package redisstore accepts. It sends only
// commands that change nothing. It returns when ctx is done at the latest, with what
// it has found; no finding holds a password.
func Redis(ctx context.Context, url string, o Options) ([]Finding, error) {
	o = o.withDefaults()
	findings := append(ttl(o), timeout(o))
	t, err := newTarget(url, o.CallTimeout)
	if err != nil {
		return nil, err
	}
	defer t.close()
	if t.masterName != "" {
		findings = append(findings, examine(ctx, t.where(), o.limit(), []check{{"sentinels", t.agree}})...)
	}
	clients, err := t.masters(ctx)
	if err != nil {
		f := failed(Wrong, "the servers are not known", err)
		f.Check, f.Where = "reach", t.where()
		return append(findings, f), nil
	}
	var servers []*server
	for _, c := range clients {
		defer c.Close() //nolint:errcheck // nothing is pending
		servers = append(servers, &server{Client: c, o: o, t: t, where: c.Options().Addr, clustered: t.cluster != nil})
	}
	found := make([][]Finding, len(servers))
	var wg sync.WaitGroup
	for i, s := range servers {
		wg.Go(func() { found[i] = exact(s.examine(ctx), s.where) })
	}
	wg.Wait()
	findings = append(findings, slices.Concat(found...)...)
	serving := slices.DeleteFunc(slices.Clone(servers), func(s *server) bool { return !usable(findings, s.where) })
	if len(serving) == 0 {
		return findings, nil
	}
	whole := t.whole(ctx, o, serving)
	if t.cluster == nil {
		whole = exact(whole, serving[0].where)
	}
	return append(findings, whole...), nil
}

// usable reports whether the server answers and is of the kind that the URL means.
func usable(findings []Finding, where string) bool {
	return !slices.ContainsFunc(findings, func(f Finding) bool {
		return f.Where == where && (f.Check == "reach" && f.Level != OK || f.Check == "kind" && f.Level == Wrong)
	})
}

// whole examines the servers together.
func (t *target) whole(ctx context.Context, o Options, servers []*server) []Finding {
	var all redis.UniversalClient = servers[0].Client
	n := names{o.Prefix, t.cluster != nil}
	checks := []check{{"layout", func(ctx context.Context) Finding { return layout(ctx, all, n) }}}
	if t.cluster != nil {
		all = t.cluster
		checks = append(checks, check{"slots", t.slots})
		for _, s := range servers {
			checks = append(checks, check{"cluster state", s.state})
		}
	}
	checks = append(checks, check{"writable", func(ctx context.Context) Finding { return writable(ctx, all, n) }})
	findings := examine(ctx, t.where(), o.limit(), checks)
	d, done := within(ctx, o.limit(), func(ctx context.Context) data { return search(ctx, servers, n) })
	if !done {
		d.err = context.DeadlineExceeded
	}
	return append(findings, examine(ctx, t.where(), o.limit(), []check{
		{"prefix", func(context.Context) Finding { return d.others(o) }},
		{"lives", func(context.Context) Finding { return d.lives(o) }},
	})...)
}

// layout examines whether the data was written with the layout of this kind of URL.
func layout(ctx context.Context, all redis.UniversalClient, n names) Finding {
	recorded, err := all.Get(ctx, n.record()).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return bad(Warning, PlatformToo, "%s", unwritten(ctx, all, n))
	case err != nil:
		return failed(Unknown, "the layout is not known", err)
	case recorded != n.layout():
		return bad(Wrong, "Use a URL of the kind that wrote the data (flat: a server or Sentinel; tagged: cluster=true), or another prefix.",
			"the layout in the data is %q, a store with this URL wants %q and refuses every call", recorded, n.layout())
	}
	return ok("%s", recorded)
}

// writable examines whether each shard takes writes, by one that changes nothing.
func writable(ctx context.Context, all redis.UniversalClient, n names) Finding {
	var tried []*redis.BoolCmd
	_, _ = all.Pipelined(ctx, func(p redis.Pipeliner) error { // each command has its error
		for shard := range n.shards() {
			tried = append(tried, p.Persist(ctx, n.deadlines(shard))) // it has no TTL
		}
		return nil
	})
	away := make(map[string]error)
	failures := 0
	for _, cmd := range tried {
		if err := cmd.Err(); err != nil {
			away[text(err)] = err
			failures++
		}
	}
	reasons := slices.Sorted(maps.Keys(away))
	switch {
	case failures == 0:
		return ok("it takes writes")
	case !n.tagged:
		return bad(Wrong, mend(away[reasons[0]]), "it takes no writes: %s", reasons[0])
	}
	return bad(Wrong, mend(away[reasons[0]]), "%d of %d shards take no writes: %s", failures, n.shards(), strings.Join(reasons, "; "))
}

// slots examines whether each slot has a master.
func (t *target) slots(ctx context.Context) Finding {
	const all = 16_384
	cmd := redis.NewClusterSlotsCmd(ctx, "cluster", "slots") // CLUSTER SHARDS needs another right
	_ = t.cluster.Process(ctx, cmd)                          // it has the error
	ranges, err := cmd.Result()
	if err != nil {
		return failed(Unknown, "the slots are not known", err)
	}
	covered := 0
	for _, r := range ranges {
		if len(r.Nodes) > 0 {
			covered += r.End - r.Start + 1
		}
	}
	if covered < all {
		return bad(Wrong, "Give the slots to a master: redis-cli --cluster fix HOST:PORT.", "%d of %d slots have no master", all-covered, all)
	}
	return ok("each of %d slots has a master", all)
}

// state examines how a node of a Cluster sees the whole.
func (s *server) state(ctx context.Context) Finding {
	info, err := s.ClusterInfo(ctx).Result()
	if err != nil {
		f := forbidden("CLUSTER INFO", err)
		f.Saw = fmt.Sprintf("%s: %s", s.where, f.Saw)
		return f
	}
	if !strings.Contains(info, "cluster_state:ok") {
		return bad(Wrong, "Look at redis-cli -u redis://"+s.where+" --cluster check "+s.where+", and bring back the masters that are away.", "%s says that the Cluster is down", s.where)
	}
	return ok("%s says that the Cluster is well", s.where)
}

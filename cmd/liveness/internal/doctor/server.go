package doctor

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// server is a server that holds keys of the store.
type server struct {
	*redis.Client
	o         Options
	t         *target
	where     string
	clustered bool // the URL means a Cluster
}

// facts are what a server says of itself, asked once.
type facts struct {
	hello    map[string]string
	helloErr error // why hello is empty
	info     map[string]string
	infoErr  error // why info is empty
}

// examine returns the findings on the server. Of one that does not answer there is
// only that one.
func (s *server) examine(ctx context.Context) []Finding {
	limit := s.o.limit()
	findings := examine(ctx, s.where, limit, []check{{"reach", s.reach}})
	if findings[0].Level != OK {
		return findings
	}
	f, done := within(ctx, limit, s.facts)
	if !done {
		f.helloErr, f.infoErr = context.DeadlineExceeded, context.DeadlineExceeded
	}
	kind := examine(ctx, s.where, limit, []check{{"kind", f.kind(s)}})
	if findings = append(findings, kind...); kind[0].Level == Wrong {
		return findings
	}
	findings = append(findings, examine(ctx, s.where, limit, []check{
		{"latency", s.latency},
		{"version", f.version},
		{"eviction", f.eviction},
		{"memory", f.memory},
		{"persistence", f.persistence(s)},
		{"clients", f.clients},
		{"clock", s.clock},
		{"replicas", f.replicas(s)},
		{"rights", s.rights},
	})...)
	for _, r := range f.replicaAddrs() {
		c := s.t.client(r)
		findings = append(findings, examine(ctx, "replica "+r, limit, []check{{"clock", s.clockOf(c)}})...)
		_ = c.Close() // nothing is pending
	}
	return findings
}

// reach uses ECHO: PING also fails while the server cannot write its disk.
func (s *server) reach(ctx context.Context) Finding {
	start := time.Now()
	if err := s.Echo(ctx, "").Err(); err != nil {
		f := failed(Wrong, "it does not answer", err)
		f.Saw += "; nothing else is known about it"
		return f
	}
	return ok("it answers, connected in %v", time.Since(start).Round(100*time.Microsecond))
}

// latency compares round trips with the time that a call waits.
func (s *server) latency(ctx context.Context) Finding {
	const (
		pings   = 100
		enough  = 2 * time.Second
		mend    = "Bring the server and the platform closer, look at redis-cli --latency and SLOWLOG GET on the server, or raise redisstore.Options.Timeout."
		atWorst = 10 // times as long is a call's timeout
	)
	var took []time.Duration
	for begin := time.Now(); len(took) < pings && time.Since(begin) < enough; {
		start := time.Now()
		if err := s.Echo(ctx, "").Err(); err != nil {
			return failed(Wrong, fmt.Sprintf("ping %d of %d failed", len(took)+1, pings), err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	at := func(percent int) time.Duration {
		return took[(len(took)-1)*percent/100].Round(10 * time.Microsecond)
	}
	saw := fmt.Sprintf("%d pings: median %v, 99 %% within %v, worst %v; a call waits for %v", len(took), at(50), at(99), at(100), s.o.CallTimeout)
	switch p99 := at(99); {
	case p99 > s.o.CallTimeout/2:
		return bad(Wrong, mend, "%s", saw)
	case p99 > s.o.CallTimeout/atWorst:
		return bad(Warning, mend, "%s", saw)
	}
	return ok("%s", saw)
}

// facts asks the server about itself. HELLO needs no special right, INFO does.
func (s *server) facts(ctx context.Context) (f facts) {
	flat, err := s.Do(ctx, "hello").Slice()
	f.helloErr, f.hello = err, make(map[string]string)
	for i := 0; i+1 < len(flat); i += 2 {
		f.hello[fmt.Sprint(flat[i])] = fmt.Sprint(flat[i+1])
	}
	text, err := s.Info(ctx).Result()
	f.infoErr, f.info = err, make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), ":"); found {
			f.info[name] = value
		}
	}
	return f
}

// kind examines whether the URL means a server of this kind.
func (f facts) kind(s *server) func(context.Context) Finding {
	return func(context.Context) Finding {
		switch mode := f.hello["mode"]; {
		case f.helloErr != nil:
			return forbidden("HELLO", f.helloErr)
		case mode == "cluster" && !s.clustered:
			return bad(Wrong, "Add cluster=true to the URL, such as redis://host:6379?cluster=true.", "it is a node of a Cluster, and the URL means a single server")
		case mode != "cluster" && s.clustered:
			return bad(Wrong, "Leave cluster=true and addr= out of the URL.", "it is no node of a Cluster, and the URL means one")
		case mode == "sentinel":
			return bad(Wrong, "Add master_name=NAME to the URL, or use the port of Redis, 6379 by default.", "it is a sentinel, and the URL means a server with data")
		case f.hello["role"] != "master":
			return bad(Warning, "Use the URL of the master, or one with master_name=NAME.", "it is a %s: what it says lags behind", f.hello["role"])
		}
		return ok("%s %s, a master", f.hello["mode"], f.hello["server"])
	}
}

// version compares with the lowest for which redisstore is made: its scripts use
// ZMSCORE, which is of Redis 6.2.
func (f facts) version(context.Context) Finding {
	const major, minor = 6, 2
	version := f.hello["version"]
	parts := append(strings.Split(version, "."), "", "")
	a, err := strconv.Atoi(parts[0])
	b, err2 := strconv.Atoi(parts[1])
	switch {
	case f.helloErr != nil:
		return forbidden("HELLO", f.helloErr)
	case err != nil || err2 != nil:
		return bad(Unknown, "Look at redis-cli INFO server: Redis must be 6.2 or later.", "it says that its version is %q", version)
	case a < major || a == major && b < minor:
		return bad(Wrong, "Upgrade the server to Redis 6.2 or later, or to Valkey.", "%s %s, the scripts need %d.%d", f.hello["server"], version, major, minor)
	}
	return ok("%s %s, the scripts need Redis %d.%d", f.hello["server"], version, major, minor)
}

func (s *server) clock(ctx context.Context) Finding { return s.clockOf(s.Client)(ctx) }

// clockOf compares the clock of a server with that of this machine.
func (s *server) clockOf(c *redis.Client) func(context.Context) Finding {
	return func(ctx context.Context) Finding {
		if err := c.Echo(ctx, "").Err(); err != nil { // so that connecting is not measured
			return failed(Unknown, "its clock is not known: it cannot be reached from here", err)
		}
		start := time.Now()
		there, err := c.Time(ctx).Result()
		if err != nil {
			return failed(Unknown, "its clock is not known", err)
		}
		round := time.Since(start)
		return judgeClock(s.o, there.Sub(start.Add(round/2)), round/2, "this machine")
	}
}

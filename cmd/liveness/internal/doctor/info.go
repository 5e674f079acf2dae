package doctor

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// number returns a number that the server says of itself, or 0.
func (f facts) number(name string) int64 {
	n, _ := strconv.ParseInt(f.info[name], 10, 64)
	return n
}

func (f facts) eviction(context.Context) Finding {
	policy, most := f.info["maxmemory_policy"], f.number("maxmemory")
	evicted := ""
	if n := f.number("evicted_keys"); n > 0 {
		evicted = fmt.Sprintf("; it has evicted %d keys since it started", n)
	}
	switch {
	case f.infoErr != nil:
		return forbidden("INFO", f.infoErr)
	case policy == "":
		return bad(Unknown, "Look at redis-cli CONFIG GET maxmemory-policy: it must be noeviction.", "INFO does not say maxmemory_policy")
	case policy != "noeviction" && most > 0:
		return bad(Wrong, "redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf. Give caches that need eviction a server of their own.",
			"maxmemory-policy is %s: above %s it evicts keys, and the living look dead%s", policy, megabytes(most), evicted)
	case policy != "noeviction":
		return ok("maxmemory-policy is %s, but there is no maxmemory: nothing is evicted", policy)
	}
	return ok("maxmemory-policy is noeviction%s", evicted)
}

func (f facts) memory(context.Context) Finding {
	const tight = 90 // percent
	used, most := f.number("used_memory"), f.number("maxmemory")
	mend := "redis-cli CONFIG SET maxmemory " + strconv.FormatInt(2*most, 10) + ", and the same in redis.conf, or remove data of other programs."
	switch {
	case f.infoErr != nil:
		return forbidden("INFO", f.infoErr)
	case most == 0:
		return ok("%s used, no maxmemory", megabytes(used))
	case used >= most:
		return bad(Wrong, mend, "%s used of %s: it is full, and workspaces that register are refused", megabytes(used), megabytes(most))
	case used*100 > most*tight:
		return bad(Warning, mend, "%s used of %s: when it is full, workspaces that register are refused", megabytes(used), megabytes(most))
	}
	return ok("%s used of %s", megabytes(used), megabytes(most))
}

func megabytes(n int64) string {
	const mega = 1 << 20
	return strconv.FormatFloat(float64(n)/mega, 'f', 1, 64) + " MB"
}

// persistence examines whether the data survives a restart of the server. Snapshots
// at times are enough: a store notices a loss and waits one TTL.
func (f facts) persistence(s *server) func(context.Context) Finding {
	return func(ctx context.Context) Finding {
		const disk = "Mend the disk of the server (space, rights of its directory), then redis-cli BGSAVE and look at INFO persistence."
		if f.infoErr != nil {
			return forbidden("INFO", f.infoErr)
		}
		for _, name := range []string{"rdb_last_bgsave_status", "aof_last_write_status", "aof_last_bgrewrite_status"} {
			if status := f.info[name]; status != "ok" && status != "" {
				return bad(Wrong, disk, "%s is %s: the data on its disk is old, and a restart loses registrations and deaths", name, status)
			}
		}
		if f.info["aof_enabled"] == "1" {
			return ok("appendonly is on")
		}
		save, err := s.ConfigGet(ctx, "save").Result()
		switch {
		case err != nil:
			return forbidden("CONFIG GET save", err)
		case save["save"] == "":
			return bad(Warning, "redis-cli CONFIG SET appendonly yes, and the same in redis.conf.",
				"neither snapshots nor appendonly: a restart of the server loses every life and every pending death, and monitors wait %v", s.o.TTLs.Liveness)
		}
		return ok("snapshots are on (save %s)", save["save"])
	}
}

func (f facts) clients(context.Context) Finding {
	const tight = 90 // percent
	have, most := f.number("connected_clients"), f.number("maxclients")
	switch {
	case f.infoErr != nil:
		return forbidden("INFO", f.infoErr)
	case most > 0 && have*100 > most*tight:
		return bad(Warning, moreClients, "connected clients: %d of at most %d; the next are refused", have, most)
	}
	return ok("connected clients: %d", have)
}

const moreClients = "redis-cli CONFIG SET maxclients N with a larger N, and the same in redis.conf, or end clients that are not needed."

// replica is what a master says of one of its replicas.
type replica struct {
	addr, state string
	lag         time.Duration // since it was heard from
	missing     int64         // bytes
}

func (f facts) replicaList() (list []replica) {
	for i := 0; ; i++ {
		line, found := f.info["slave"+strconv.Itoa(i)]
		if !found {
			return list
		}
		fields := make(map[string]string)
		for part := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(part, "=")
			fields[name] = value
		}
		lag, _ := strconv.Atoi(fields["lag"])
		offset, _ := strconv.ParseInt(fields["offset"], 10, 64)
		list = append(list, replica{
			addr:    net.JoinHostPort(fields["ip"], fields["port"]),
			state:   fields["state"],
			lag:     time.Duration(lag) * time.Second,
			missing: max(0, f.number("master_repl_offset")-offset),
		})
	}
}

// replicaAddrs returns the addresses of the replicas that could become master.
func (f facts) replicaAddrs() (addrs []string) {
	for _, r := range f.replicaList() {
		addrs = append(addrs, r.addr)
	}
	return addrs
}

// replicas examines what a failover would lose.
func (f facts) replicas(s *server) func(context.Context) Finding {
	return func(context.Context) Finding {
		const (
			late = 5 * time.Second
			much = 1 << 20 // bytes
			mend = "Look at the replica and at the network to it: redis-cli INFO replication, also on the replica. min-replicas-to-write 1 with min-replicas-max-lag 10 bounds what a failover loses."
		)
		if f.infoErr != nil {
			return forbidden("INFO", f.infoErr)
		}
		list := f.replicaList()
		for _, r := range list {
			what := fmt.Sprintf("replica %s is %s, %v and %s behind: a failover to it loses what was registered meanwhile", r.addr, r.state, r.lag, megabytes(r.missing))
			switch {
			case r.state == "online" && r.lag >= s.o.TTLs.Liveness/2:
				return bad(Wrong, mend, "%s", what)
			case r.state != "online" || r.lag > late || r.missing > much:
				return bad(Warning, mend, "%s", what)
			}
		}
		switch {
		case len(list) > 0:
			return ok("replicas: %d, less than %v and %s behind", len(list), late, megabytes(much))
		case s.clustered || s.t.masterName != "":
			return bad(Warning, "Give the master a replica: redis-cli REPLICAOF HOST PORT on another server, or redis-cli --cluster add-node with --cluster-slave.",
				"no replica: when this master is away, nothing takes its place")
		}
		return ok("it has none, and the URL expects none")
	}
}

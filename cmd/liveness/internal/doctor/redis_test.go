package doctor

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
	"github.com/molecule-ai/liveness/store"
)

func redisFaults() []fault {
	return []fault{
		{name: "evicting policy", check: "eviction", level: Wrong, saw: "allkeys-lru", plant: func(t *testing.T) func() []Finding {
			return onServer(t, Options{}, used(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"))
		}},
		{name: "memory full", check: "memory", level: Wrong, saw: "it is full", plant: func(t *testing.T) func() []Finding {
			s := used(t)
			do(t, s, "CONFIG", "SET", "maxmemory", "500kb")
			return onServer(t, Options{}, s)
		}},
		{name: "read-only replica", check: "writable", level: Wrong, saw: "READONLY", plant: func(t *testing.T) func() []Finding {
			master := used(t, "--repl-diskless-sync-delay", "0")
			return onServer(t, Options{}, replicaOf(t, master))
		}},
		{name: "min-replicas unmet", check: "writable", level: Wrong, saw: "NOREPLICAS", plant: func(t *testing.T) func() []Finding {
			s := used(t)
			do(t, s, "CONFIG", "SET", "min-replicas-to-write", 1)
			return onServer(t, Options{}, s)
		}},
		{name: "persistence off", check: "persistence", level: Warning, saw: "neither snapshots nor appendonly", plant: func(t *testing.T) func() []Finding {
			return onServer(t, Options{}, used(t))
		}},
		{name: "last save failed", check: "persistence", level: Wrong, saw: "rdb_last_bgsave_status is err", also: []string{"writable"}, plant: func(t *testing.T) func() []Finding {
			s := used(t)
			dir := s.Client(t).ConfigGet(t.Context(), "dir").Val()["dir"]
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "dump.rdb", "full"), 0o700)) // a directory stands in its way
			do(t, s, "CONFIG", "SET", "save", "3600 1")
			do(t, s, "BGSAVE")
			require.Eventually(t, func() bool {
				return strings.Contains(s.Client(t).Info(t.Context(), "persistence").Val(), "rdb_last_bgsave_status:err")
			}, 10*time.Second, 20*time.Millisecond)
			return onServer(t, Options{}, s)
		}},
		{name: "a replica that lags", check: "replicas", level: Warning, saw: "behind: a failover to it loses", plant: func(t *testing.T) func() []Finding {
			master := used(t, "--repl-diskless-sync-delay", "0")
			replica := replicaOf(t, master)
			replica.Pause(t)
			t.Cleanup(func() { replica.Resume(t) })
			do(t, master, "SET", "other", strings.Repeat("x", 2<<20))
			return onServer(t, Options{CallTimeout: time.Second}, master)
		}},
		{name: "too old a server", check: "version", level: Wrong, saw: "6.0.16, the scripts need 6.2", plant: func(t *testing.T) func() []Finding {
			s := used(t)
			version, _, _ := strings.Cut(strings.SplitAfter(s.Client(t).Info(t.Context(), "server").Val(), "redis_version:")[1], "\r")
			addr := between(t, s, 0, version, "6.0.16")
			return func() []Finding { return redisAt(t, "redis://"+addr, Options{}) }
		}},
		{name: "clock off", check: "clock", level: Wrong, saw: "ahead of this machine", plant: func(t *testing.T) func() []Finding {
			s := redistest.StartAskew(t, time.Minute)
			register(t, "redis://"+s.Addr())
			return onServer(t, Options{}, s)
		}},
		{name: "clock of a replica off", check: "clock", level: Wrong, saw: "behind this machine", plant: func(t *testing.T) func() []Finding {
			s := redistest.StartSentinel(t, -time.Minute)
			return func() []Finding { return redisAt(t, s.URL(), Options{}) }
		}},
		{name: "slow network", check: "latency", level: Warning, saw: "a call waits for 1s", plant: func(t *testing.T) func() []Finding {
			addr := between(t, used(t), 150*time.Millisecond, "", "")
			return func() []Finding { return redisAt(t, "redis://"+addr, Options{CallTimeout: time.Second}) }
		}},
		{name: "missing command", check: "rights", level: Wrong, saw: "may not run time, zadd", plant: func(t *testing.T) func() []Finding {
			s := used(t)
			do(t, s, "ACL", "SETUSER", "liveness", "on", ">correct-horse", "~ws:*", "+@all", "-time", "-zadd")
			return func() []Finding { return redisAt(t, "redis://liveness:correct-horse@"+s.Addr(), Options{}) }
		}},
		{name: "missing key pattern", check: "rights", level: Wrong, saw: "may not use the keys ws::deadlines", also: []string{"writable"}, plant: func(t *testing.T) func() []Finding {
			s := used(t)
			do(t, s, "ACL", "SETUSER", "liveness", "on", ">correct-horse", "~ws:[a-z]*", "+@all")
			return func() []Finding { return redisAt(t, "redis://liveness:correct-horse@"+s.Addr(), Options{}) }
		}},
		{name: "a command renamed away", check: "rights", level: Wrong, saw: "has no command evalsha", plant: func(t *testing.T) func() []Finding {
			s := redistest.Start(t, "--rename-command", "EVALSHA", "")
			return onServer(t, Options{}, s)
		}},
		{name: "other data under the prefix", check: "prefix", level: Warning, saw: "the store did not write 3, such as", plant: func(t *testing.T) func() []Finding {
			s := used(t)
			do(t, s, "HSET", "ws:session", "user", "secret")
			do(t, s, "SET", "ws:flag", "secret")
			do(t, s, "SET", "ws:conv:7", "secret")
			return func() []Finding {
				findings := onServer(t, Options{}, s)()
				require.Contains(t, list(findings), `"ws:conv:7"`)
				require.NotContains(t, list(findings), "secret")
				return findings
			}
		}},
		{name: "a workspace without a TTL", check: "lives", level: Wrong, saw: "workspaces without a TTL: 1;", plant: func(t *testing.T) func() []Finding {
			s := used(t)
			do(t, s, "SET", "ws:agent-x", "online")
			return onServer(t, Options{}, s)
		}},
		{name: "TTL below 3 heartbeats", check: "ttl", level: Wrong, saw: "want at least 3 × Heartbeat", plant: func(t *testing.T) func() []Finding {
			return onServer(t, Options{TTLs: store.TTLs{Liveness: time.Minute, Heartbeat: 30 * time.Second}}, redistest.Start(t))
		}},
		{name: "another program has another TTL", check: "lives", level: Warning, saw: "some program grants a longer TTL", plant: func(t *testing.T) func() []Finding {
			return onServer(t, Options{TTLs: store.TTLs{Liveness: time.Minute}}, used(t))
		}},
		{name: "the layout of another kind", check: "layout", level: Wrong, saw: `"tagged"`, plant: func(t *testing.T) func() []Finding {
			s := redistest.Start(t)
			do(t, s, "SET", "ws::layout", "tagged")
			return onServer(t, Options{}, s)
		}},
		{name: "a node of a Cluster", check: "kind", level: Wrong, saw: "node of a Cluster", plant: func(t *testing.T) func() []Finding {
			c := redistest.StartCluster(t, 3)
			return onServer(t, Options{}, c.Masters[0])
		}},
		{name: "a slot without a master", check: "slots", level: Wrong, saw: "100 of 16384 slots", also: []string{"writable", "cluster state"}, plant: func(t *testing.T) func() []Finding {
			c := redistest.StartCluster(t, 3)
			for _, m := range c.Masters {
				do(t, m, "CLUSTER", "DELSLOTSRANGE", 0, 99)
			}
			return func() []Finding { return redisAt(t, "redis://"+c.Masters[0].Addr()+"?cluster=true", Options{}) }
		}},
		{name: "a shard away", check: "writable", level: Wrong, saw: "of 64 shards take no writes", also: []string{"reach", "cluster state"}, plant: func(t *testing.T) func() []Finding {
			c := redistest.StartCluster(t, 3)
			register(t, "redis://"+c.Masters[0].Addr()+"?cluster=true")
			c.Masters[2].Kill()
			return func() []Finding { return redisAt(t, "redis://"+c.Masters[0].Addr()+"?cluster=true", Options{}) }
		}},
		{name: "a server that hangs", check: "reach", level: Wrong, saw: "does not answer", plant: func(t *testing.T) func() []Finding {
			s := redistest.Start(t)
			s.Pause(t)
			t.Cleanup(func() { s.Resume(t) })
			return func() []Finding { return redisAt(t, "redis://"+s.Addr(), Options{CallTimeout: time.Second}) }
		}},
		{name: "no server", check: "reach", level: Wrong, saw: "connection refused", plant: func(t *testing.T) func() []Finding {
			s := redistest.Start(t)
			s.Kill()
			return func() []Finding { return redisAt(t, "redis://"+s.Addr(), Options{}) }
		}},
		{name: "no sentinel that knows the name", check: "sentinels", level: Wrong, saw: "knows no master", also: []string{"reach"}, plant: func(t *testing.T) func() []Finding {
			s := redistest.StartSentinel(t)
			return func() []Finding {
				return redisAt(t, strings.Replace(s.URL(), redistest.SentinelName, "other", 1), Options{})
			}
		}},
	}
}

func replicaOf(t *testing.T, master *redistest.Server) *redistest.Server {
	t.Helper()
	replica := redistest.Start(t, "--replicaof", strings.Replace(master.Addr(), ":", " ", 1))
	require.Eventually(t, func() bool {
		return strings.Contains(master.Client(t).Info(context.Background(), "replication").Val(), "state=online")
	}, 10*time.Second, 20*time.Millisecond)
	return replica
}

func TestEveryPlantedFaultOfRedisIsFound(t *testing.T) {
	for _, f := range redisFaults() {
		t.Run(f.name, f.try)
	}
}

func TestAHealthyRedis(t *testing.T) {
	t.Parallel()
	each := []string{"ttl", "timeout", "reach", "kind", "latency", "version", "eviction", "memory", "persistence", "clients", "clock", "replicas", "rights", "layout", "writable", "prefix", "lives"}

	t.Run("standalone", func(t *testing.T) {
		s := used(t, "--appendonly", "yes")
		findings := onServer(t, Options{}, s)()
		well(t, findings, each...)
		for _, f := range findings {
			require.Equal(t, OK, f.Level, list(findings))
		}
	})

	t.Run("that no store has used yet", func(t *testing.T) {
		well(t, onServer(t, Options{}, redistest.Start(t))(), each...)
	})

	t.Run("with Sentinel", func(t *testing.T) {
		s := redistest.StartSentinel(t, 0, 0)
		register(t, s.URL())
		before := digest(t, s.Master.Client(t))
		well(t, redisAt(t, s.URL(), Options{}), append(each, "sentinels")...)
		require.Equal(t, before, digest(t, s.Master.Client(t)))
	})

	t.Run("a Cluster", func(t *testing.T) {
		c := redistest.StartCluster(t, 3)
		c.AddReplica(t, 0)
		url := "redis://" + c.Masters[1].Addr() + "?cluster=true"
		register(t, url)
		var before []string
		for _, m := range c.Masters {
			before = append(before, digest(t, m.Client(t)))
		}
		well(t, redisAt(t, url, Options{}), append(each, "slots", "cluster state")...)
		for i, m := range c.Masters {
			require.Equal(t, before[i], digest(t, m.Client(t)))
		}
	})
}

func TestAUserWithTheDocumentedRights(t *testing.T) {
	t.Parallel()
	s := used(t)
	do(t, s, "ACL", "SETUSER", "liveness", "on", ">correct-horse", "~ws:*", "+@read", "+@write", "+@keyspace", "+@connection", "+@scripting", "+time", "-@dangerous", "-@admin")
	unknown := 0
	for _, f := range redisAt(t, "redis://liveness:correct-horse@"+s.Addr(), Options{}) {
		require.NotEqual(t, Wrong, f.Level, f)
		require.NotContains(t, f.Saw+f.Mend, "correct-horse")
		if f.Level == Unknown {
			unknown++
			require.Contains(t, f.Saw, "INFO is needed to know")
		}
	}
	require.Equal(t, 5, unknown, "eviction, memory, persistence, clients, replicas")
}

func TestItEndsInTime(t *testing.T) {
	t.Parallel()
	s := used(t)
	addr := between(t, s, time.Hour, "", "")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	findings, err := Redis(ctx, "redis://"+addr, Options{CallTimeout: time.Minute})
	require.NoError(t, err)
	require.Equal(t, "reach", findings[len(findings)-1].Check)
	require.Equal(t, Unknown, findings[len(findings)-1].Level)
}

// The list of commands is that of the scripts of redisstore.
func TestEveryCommandOfTheScriptsIsTried(t *testing.T) {
	tried := make(map[string]bool)
	for _, c := range trials("key", "*") {
		tried[c[0].(string)] = true
	}
	files, err := filepath.Glob("../../../../redisstore/lua/*.lua")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, part := range strings.Split(string(text), ".call('")[1:] {
			name, _, _ := strings.Cut(part, "'")
			require.True(t, tried[strings.ToLower(name)], "%s calls %s", file, name)
		}
	}
}

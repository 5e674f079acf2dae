package redisstore

import (
	"context"
	"crypto/sha1"
	"embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
)

// files are the scripts and the parts that they share. Read the parts first: index, record,
// queue, life, death, standing. Each of the others is the script of one method, or a part
// of that script. A script says at its top what its keys, its arguments and its reply are;
// index.lua says so for what all scripts have in common.
//
//go:embed lua/*.lua
var files embed.FS

// script is a Lua program, which the server runs as one atomic step.
type script struct{ source, digest string }

// newScript joins the named files.
func newScript(names ...string) script {
	var source strings.Builder
	for _, name := range names {
		part, err := files.ReadFile("lua/" + name + ".lua")
		if err != nil {
			panic(fmt.Sprintf("redisstore: %v", err)) // the file is not in the program
		}
		source.Write(part)
	}
	sum := sha1.Sum([]byte(source.String()))
	return script{source.String(), hex.EncodeToString(sum[:])}
}

// scripts are all that a store runs.
type scripts struct {
	setOnline, refresh, clear, expire, lookup script
	sweep, claim                              script
	begin, extend                             script
	acknowledge, release, withdraw            script
	adopt, forget, deaths, note               script
	online, look                              script
	lastPass, takeTurn, indexFound, endPass   script
	dump, restore                             script
}

func newScripts() scripts {
	return scripts{
		setOnline:   newScript("index", "record", "queue", "life", "death", "drop", "unwatched", "set_online"),
		refresh:     newScript("index", "record", "life", "refresh"),
		clear:       newScript("index", "record", "clear"),
		expire:      newScript("index", "oom", "record", "queue", "life", "death", "expire"),
		lookup:      newScript("lookup"),
		sweep:       newScript("index", "oom", "record", "queue", "life", "death", "drop", "grace", "detect", "heal", "sweep"),
		claim:       newScript("index", "oom", "record", "queue", "life", "claim"),
		begin:       newScript("index", "oom", "record", "life", "standing", "begin"),
		extend:      newScript("index", "oom", "record", "life", "standing", "extend"),
		acknowledge: newScript("index", "oom", "record", "queue", "life", "standing", "acknowledge"),
		release:     newScript("index", "oom", "record", "queue", "life", "standing", "release"),
		withdraw:    newScript("index", "oom", "record", "queue", "life", "standing", "withdraw"),
		adopt:       newScript("index", "oom", "record", "queue", "life", "death", "adopt"),
		forget:      newScript("index", "record", "life", "forget"),
		deaths:      newScript("index", "record", "deaths"),
		note:        newScript("index", "oom", "note"),
		online:      newScript("online"),
		look:        newScript("index", "record", "life", "look"),
		lastPass:    newScript("index", "last_pass"),
		takeTurn:    newScript("index", "oom", "take_turn"),
		indexFound:  newScript("index", "oom", "record", "life", "index_found"),
		endPass:     newScript("index", "oom", "end_pass"),
		dump:        newScript("index", "record", "queue", "life", "death", "dump"),
		restore:     newScript("index", "record", "queue", "life", "restore"),
	}
}

// writes reports whether a request may change the data.
func (all scripts) writes(r request) bool {
	switch r.Cmd.Name() {
	case "exists", "get", "hget", "hscan", "pttl", "scan", "zrandmember", "zscan":
		return false
	}
	for _, reads := range []script{all.lookup, all.deaths, all.online, all.look, all.dump} {
		if r.Source == reads.source {
			return false
		}
	}
	return true
}

// onShard returns a request to run a script on the index of a shard. It is
// asked for by its digest, and sent whole to a server that does not know it.
func (s *Store) onShard(sc script, shard int, args ...any) request {
	return s.eval(sc, shard, s.keys.index(shard), args)
}

// onWorkspace is onShard for a script about one workspace, whose own keys come after those
// of the index. The id is its last argument.
func (s *Store) onWorkspace(sc script, id string, args ...any) request {
	shard := s.keys.shard(id)
	keys := append(s.keys.index(shard), s.keys.liveness(id), s.keys.url(id), s.keys.internalURL(id))
	return s.eval(sc, shard, keys, append(args, id))
}

// shardBatch is some items of one shard, no more than one script handles.
type shardBatch[T any] struct {
	shard int
	items []T
}

// byShard divides items into batches.
func byShard[T any](items []T, shard func(T) int) (batches []shardBatch[T]) {
	shards := make(map[int][]T)
	for _, item := range items {
		shards[shard(item)] = append(shards[shard(item)], item)
	}
	for shard, items := range shards {
		for part := range slices.Chunk(items, batch) {
			batches = append(batches, shardBatch[T]{shard, part})
		}
	}
	return batches
}

// perShard runs a script about any number of workspaces, a batch at a time. It calls item
// with each workspace and the reply, which item reads as far as it is about the workspace.
func (s *Store) perShard(ctx context.Context, op string, sc script, ids []string, item func(id string, r *reply)) error {
	batches := byShard(ids, s.keys.shard)
	return s.many(ctx, op, len(batches), func(i int) request {
		var args []any
		for _, id := range batches[i].items {
			args = append(args, id)
		}
		return s.onShard(sc, batches[i].shard, args...)
	}, func(i int, cmd *redis.Cmd) error {
		r := newReply(cmd)
		for _, id := range batches[i].items {
			item(id, &r)
		}
		return r.err(op)
	})
}

func (s *Store) eval(sc script, shard int, keys []string, args []any) request {
	all := make([]any, 0, 5+len(keys)+len(args))
	all = append(all, "evalsha", sc.digest, len(keys))
	for _, k := range keys {
		all = append(all, k)
	}
	all = append(all, s.keys.livenessPrefix(shard), milliseconds(s.traits.Liveness()))
	r := pipeline.To(keys[0], append(all, args...)...)
	r.Source = sc.source
	return r
}

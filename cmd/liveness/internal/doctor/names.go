package doctor

import (
	"strconv"
	"strings"

	"github.com/molecule-ai/liveness/store"
)

// names knows the names of the keys of package redisstore. Layouts are recorded in
// the data and are what stores of all versions agree on.
type names struct {
	prefix string
	tagged bool // redisstore.LayoutTagged
}

const (
	flat   = "flat"
	tagged = "tagged"
	shards = 64 // of the layout tagged
)

// layout returns the name under which the layout is recorded.
func (n names) layout() string {
	if n.tagged {
		return tagged
	}
	return flat
}

func (n names) record() string { return n.prefix + ":layout" }

// shards returns how many parts are swept by themselves.
func (n names) shards() int {
	if n.tagged {
		return shards
	}
	return 1
}

// index returns the names of the index of a shard, and the type of each.
func (n names) index(shard int) map[string]string {
	base := n.prefix + ":"
	if n.tagged {
		base += "{" + strconv.Itoa(shard) + "}:"
	}
	types := make(map[string]string)
	for _, name := range []string{"deadlines", "ready", "leased", "delayed", "fresh", "recent"} {
		types[base+name] = "zset"
	}
	types[base+"info"] = "hash"
	return types
}

func (n names) deadlines(shard int) string {
	if n.tagged {
		return n.prefix + ":{" + strconv.Itoa(shard) + "}:deadlines"
	}
	return n.prefix + ":deadlines"
}

// liveness returns a key of a workspace; url and internal are its others.
func (n names) liveness(id string) string {
	if n.tagged {
		return n.prefix + "{0}" + id
	}
	return n.prefix + id
}

// pattern matches all keys of the store, for SCAN.
func (n names) pattern() string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(n.prefix) + "*"
}

// sort tells what a key is: the type that it must have if it is the store's, or "",
// and whether it is the liveness of a workspace.
func (n names) sort(key string) (kind string, liveness bool) {
	rest := strings.TrimPrefix(key, n.prefix)
	if name, index := strings.CutPrefix(rest, ":"); index {
		if key == n.record() {
			return "string", false
		}
		shard := 0
		if tag, _, found := strings.Cut(strings.TrimPrefix(name, "{"), "}:"); found && n.tagged {
			shard, _ = strconv.Atoi(tag)
		}
		return n.index(shard)[key], false
	}
	if n.tagged {
		tag, id, found := strings.Cut(strings.TrimPrefix(rest, "{"), "}")
		if shard, err := strconv.Atoi(tag); !found || err != nil || shard < 0 || shard >= shards {
			return "", false
		}
		rest = id
	}
	id, cached := rest, false
	for _, suffix := range []string{":internal_url", ":url"} {
		if cut, found := strings.CutSuffix(rest, suffix); found {
			id, cached = cut, true
			break
		}
	}
	if store.CheckID(id) != nil {
		return "", false
	}
	return "string", !cached
}

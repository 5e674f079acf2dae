package redisstore

import (
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/molecule-ai/liveness/store"
)

// Layout says how the keys of a workspace are named.
type Layout int

const (
	// LayoutAuto is LayoutTagged for a *redis.ClusterClient and otherwise
	// LayoutFlat.
	LayoutAuto Layout = iota

	// LayoutFlat keeps everything of workspace a in ws:a, ws:a:url and
	// ws:a:internal_url, where ws: is the prefix.
	LayoutFlat

	// LayoutTagged puts a shard of the id, as hash tag, between prefix and id, such
	// as ws:{7}a, so that everything of one workspace is in one slot of a
	// Cluster.
	LayoutTagged
)

// shards is how many hash tags LayoutTagged spreads the workspaces over. Another
// number is another layout.
const shards = 64

// String returns the name under which the layout is recorded in the data.
func (l Layout) String() string {
	switch l {
	case LayoutFlat:
		return "flat"
	case LayoutTagged:
		return "tagged"
	}
	return "auto"
}

// keys returns the names of all keys. A key that is about no workspace has a colon after
// the prefix, where no id has one.
type keys struct {
	prefix string
	layout Layout
}

func (k keys) liveness(id string) string    { return k.livenessPrefix(k.shard(id)) + id }
func (k keys) url(id string) string         { return k.liveness(id) + ":url" }
func (k keys) internalURL(id string) string { return k.liveness(id) + ":internal_url" }
func (k keys) layoutKey() string            { return k.prefix + ":layout" }

// shards returns how many shards there are: with LayoutFlat one, which has no tag.
func (k keys) shards() int {
	if k.layout == LayoutTagged {
		return shards
	}
	return 1
}

func (k keys) shard(id string) int {
	if k.layout == LayoutTagged {
		return shard(id)
	}
	return 0
}

// livenessPrefix is the prefix of the liveness keys of a shard.
func (k keys) livenessPrefix(shard int) string {
	if k.layout == LayoutTagged {
		return k.prefix + tag(shard)
	}
	return k.prefix
}

func tag(shard int) string { return "{" + strconv.Itoa(shard) + "}" }

// pattern matches every key of the store, for SCAN.
func (k keys) pattern() string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(k.prefix) + "*"
}

// id returns the workspace whose liveness the key holds, if it is such a key.
func (k keys) id(key string) (string, bool) {
	id, ok := strings.CutPrefix(key, k.prefix)
	if ok && k.layout == LayoutTagged {
		_, id, ok = strings.Cut(id, "}")
	}
	return id, ok && store.CheckID(id) == nil && k.liveness(id) == key
}

// owner returns the workspace that the key is about.
func (k keys) owner(key string) (string, bool) {
	for _, suffix := range []string{":url", ":internal_url"} {
		if liveness, ok := strings.CutSuffix(key, suffix); ok {
			return k.id(liveness)
		}
	}
	return k.id(key)
}

// shard is the FNV-1a hash of the id, modulo shards.
func shard(id string) int {
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % shards)
}

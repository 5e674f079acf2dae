package redisstore

import (
	"strings"
	"time"
)

// The index of a shard is described in lua/index.lua, the records in it in
// lua/record.lua.

// mostStates is how many members of deadlines are state of the shard.
const mostStates = 8

// index returns the names of the index of a shard, in the order of KEYS.
func (k keys) index(shard int) []string {
	base := k.prefix + ":"
	if k.layout == LayoutTagged {
		base += tag(shard) + ":"
	}
	names := make([]string, 0, 10) // a script about one workspace has three more
	for _, name := range [...]string{"deadlines", "ready", "leased", "delayed", "fresh", "recent", "info"} {
		names = append(names, base+name)
	}
	return names
}

func (k keys) deadlines(shard int) string { return k.index(shard)[0] }
func (k keys) info(shard int) string      { return k.index(shard)[6] }

// isState tells a member of deadlines that is state from a workspace.
func isState(member string) bool { return strings.HasPrefix(member, ":") }

// unixMilli returns 0 for no time.
func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

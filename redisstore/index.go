package redisstore

import "strings"

// The index of a shard is seven keys: lua/index.lua describes them, lua/record.lua the
// records in the last. Scripts alone write them. The index does what package roster does
// in memory, which is its model: TestChanceAgreesWithTheRoster takes the same steps by
// chance with both, and wants the same outcome of each.

// mostStates is how many members of deadlines are state of the shard.
const mostStates = 8

// index returns the keys of the index of a shard, in the order of KEYS.
func (k keys) index(shard int) []string {
	names := [...]string{"deadlines", "ready", "leased", "delayed", "fresh", "recent", "info"}
	const own = 3 // keys that a script about one workspace has beside these
	index := make([]string, 0, len(names)+own)
	for _, name := range names {
		index = append(index, k.inIndex(shard, name))
	}
	return index
}

func (k keys) deadlines(shard int) string { return k.inIndex(shard, "deadlines") }
func (k keys) info(shard int) string      { return k.inIndex(shard, "info") }

// inIndex returns a key of the index of a shard.
func (k keys) inIndex(shard int, name string) string {
	if k.layout == LayoutTagged {
		return k.prefix + ":" + tag(shard) + ":" + name
	}
	return k.prefix + ":" + name
}

// isState reports whether a member of deadlines is state of the shard, and no workspace.
func isState(member string) bool { return strings.HasPrefix(member, ":") }

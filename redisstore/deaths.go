package redisstore

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// Deaths implements [store.Reaper].
func (s *Store) Deaths(ctx context.Context, shard int) iter.Seq2[store.Death, error] {
	const op = "Deaths"
	return func(yield func(store.Death, error) bool) {
		if err := checkReap(ctx, op, store.CheckShard(op, s, shard)); err != nil {
			yield(store.Death{}, err)
			return
		}
		info := s.keys.index(shard)[3]
		seen := make(map[string]bool)
		for cursor, more := start, true; more; more = cursor != start {
			var found []string
			var err error
			cursor, found, err = s.page(ctx, op, request{key: info, cmd: command("hscan", info, cursor, "count", most)})
			for ; len(found) >= 2 && err == nil; found = found[2:] {
				d, ok := parseDeath(found[0], found[1])
				if !ok || seen[d.ID] {
					continue
				}
				seen[d.ID] = true
				if !yield(d, nil) {
					return
				}
				err = s.usable(ctx, op)
			}
			if err != nil {
				yield(store.Death{}, err)
				return
			}
		}
	}
}

// parseDeath reads a field of the hash info, if it is about a death.
func parseDeath(id, value string) (store.Death, bool) {
	if strings.HasPrefix(id, ":") {
		return store.Death{}, false
	}
	fields := strings.Split(value, "|")
	if len(fields) != 4 {
		return store.Death{}, false
	}
	deadline, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return store.Death{}, false
	}
	attempt, err := strconv.Atoi(fields[2])
	return store.Death{
		ID:       id,
		Deadline: time.UnixMilli(deadline),
		Attempt:  attempt,
		Adopted:  fields[3] == "1",
	}, err == nil
}

const noteLua = `
local old, new = ARGV[3], ARGV[4]
local note = redis.call('HGET', info, ':note') or ''
if note == old then
  note = new
  redis.call('HSET', info, ':note', new)
end
return note
`

// Note implements [store.Reaper].
func (s *Store) Note(ctx context.Context, shard int, old, new string) (string, error) {
	const op = "Note"
	if err := checkReap(ctx, op, store.CheckShard(op, s, shard), store.CheckNote(op, new)); err != nil {
		return "", err
	}
	cmd, err := s.do(ctx, op, "", s.onShard(s.scripts.note, shard, old, new))
	if err != nil {
		return "", err
	}
	note, err := cmd.Text()
	return note, s.translate(ctx, op, "", err)
}

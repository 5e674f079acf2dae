package redisstore

import (
	"context"

	"github.com/molecule-ai/liveness/store"
)

const adoptLua = `
local id = ARGV[3]
if cameBack(id) or redis.call('ZSCORE', due, id) or redis.call('ZSCORE', dead, id) then return 0 end
local due = state(':grace')
if due <= now then due = now + longest end
redis.call('ZADD', dead, due, id)
redis.call('ZADD', late, -due, id)
write(id, due, 0, 0, '1')
return 1
`

// Adopt implements [store.Reaper]. It is one atomic step for each workspace,
// not for all.
func (s *Store) Adopt(ctx context.Context, shard int, ids []string) error {
	const op = "Adopt"
	if err := store.CheckShard(op, s, shard); err != nil {
		return err
	}
	if err := store.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	var here []string
	for _, id := range ids {
		if s.keys.shard(id) == shard {
			here = append(here, id)
		}
	}
	_, err := s.askAll(ctx, op, here, func(i int) request { return s.about(s.scripts.adopt, here[i]) })
	return err
}

const disownLua = `
local id = ARGV[3]
if redis.call('EXISTS', KEYS[5]) == 1 then return 0 end
redis.call('DEL', KEYS[6], KEYS[7])
redis.call('ZREM', due, id)
forget(id)
return 1
`

// Disown implements [store.Reaper]. It is one atomic step for each workspace,
// not for all.
func (s *Store) Disown(ctx context.Context, ids []string) error {
	const op = "Disown"
	if err := store.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	_, err := s.askAll(ctx, op, ids, func(i int) request { return s.about(s.scripts.disown, ids[i]) })
	return err
}

package redisstore

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store"
)

// heldLua finds a death by its token. If its workspace came back there is none.
const heldLua = `
local function held(id, token)
  local deadline, holder, attempt, adopted = read(id)
  if holder ~= token or token == '0' or cameBack(id) then return nil end
  return deadline, tonumber(attempt), adopted
end
`

const extendLua = `
local lease, token, id = tonumber(ARGV[3]), ARGV[4], ARGV[5]
if not held(id, token) then return 0 end
redis.call('ZADD', dead, now + lease, id)
return 1
`

// Extend implements [store.Reaper].
func (s *Store) Extend(ctx context.Context, deaths []store.Death, lease time.Duration) ([]bool, error) {
	const op = "Extend"
	ids := make([]string, len(deaths))
	for i, d := range deaths {
		ids[i] = d.ID
	}
	if err := store.CheckLease(op, lease); err != nil {
		return nil, err
	}
	if err := store.CheckMany(ctx, op, ids); err != nil {
		return nil, err
	}
	return s.askAll(ctx, op, ids, func(i int) request {
		return s.about(s.scripts.extend, ids[i], milliseconds(lease), deaths[i].Token)
	})
}

const acknowledgeLua = `
local token, id = ARGV[3], ARGV[4]
if not held(id, token) then return 0 end
bury(id)
redis.call('DEL', KEYS[6], KEYS[7])
return 1
`

// Acknowledge implements [store.Reaper].
func (s *Store) Acknowledge(ctx context.Context, d store.Death) (bool, error) {
	const op = "Acknowledge"
	if err := store.Check(ctx, op, d.ID); err != nil {
		return false, err
	}
	return s.ask(ctx, op, d.ID, s.about(s.scripts.acknowledge, d.ID, d.Token))
}

const putBackLua = `
local after, token, id = tonumber(ARGV[3]), ARGV[4], ARGV[5]
local deadline, attempt, adopted = held(id, token)
if not deadline then return 0 end
write(id, deadline, 0, attempt, adopted)
redis.call('ZADD', dead, now + after, id)
return 1
`

// PutBack implements [store.Reaper].
func (s *Store) PutBack(ctx context.Context, d store.Death, after time.Duration) (bool, error) {
	const op = "PutBack"
	if err := store.CheckAfter(op, after); err != nil {
		return false, err
	}
	if err := store.Check(ctx, op, d.ID); err != nil {
		return false, err
	}
	return s.ask(ctx, op, d.ID, s.about(s.scripts.putBack, d.ID, milliseconds(after), d.Token))
}

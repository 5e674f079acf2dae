package redisstore

import (
	"context"
	"math/rand/v2"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
	"github.com/molecule-ai/liveness/store/driver"
)

// Sample implements [driver.Sampler].
func (s *Store) Sample(ctx context.Context, shard, n int) ([]string, error) {
	const op = "Sample"
	if err := checkArguments(ctx, op, driver.CheckShard(op, s, shard)); err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, s.checkOpen(ctx, op)
	}
	key := s.keys.deadlines(shard)
	r, err := s.reply(ctx, op, pipeline.To(key, "zrandmember", key, n+mostStates))
	if err != nil {
		return nil, err
	}
	var ids []string
	for r.more() {
		if member := r.text(); !isState(member) {
			ids = append(ids, member)
		}
	}
	// Redis chooses at random, but may answer in the order of the scores.
	rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids[:min(n, len(ids))], r.err(op)
}

// Look implements [driver.Sampler]. A workspace that is online costs one plain
// command.
func (s *Store) Look(ctx context.Context, ids []string) ([]driver.Sighting, error) {
	const op = "Look"
	if err := driver.CheckMany(ctx, op, ids); err != nil {
		return nil, err
	}
	sightings := make([]driver.Sighting, len(ids))
	var absent []string
	err := s.many(ctx, op, len(ids), func(i int) request {
		key := s.keys.liveness(ids[i])
		return pipeline.To(key, "pttl", key)
	}, func(i int, cmd *redis.Cmd) error {
		left, err := remainingOf(cmd)
		if left > 0 {
			sightings[i] = driver.Sighting{State: driver.Online, Remaining: left}
		} else {
			absent = append(absent, ids[i])
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	closer := make(map[string]driver.Sighting, len(absent))
	if err := s.perShard(ctx, op, s.scripts.look, absent, func(id string, r *reply) { closer[id] = r.sighting() }); err != nil {
		return nil, err
	}
	for i, id := range ids {
		if sightings[i].State != driver.Online {
			sightings[i] = closer[id]
		}
	}
	return sightings, nil
}

// sighting reads an item of the reply of the script look.
func (r *reply) sighting() driver.Sighting {
	const vanished, dead = -1, -2
	switch n := r.int(); {
	case n > 0:
		return driver.Sighting{State: driver.Online, Remaining: duration(n)}
	case n == vanished:
		return driver.Sighting{State: driver.Vanished}
	case n == dead:
		return driver.Sighting{State: driver.Dead}
	}
	return driver.Sighting{}
}

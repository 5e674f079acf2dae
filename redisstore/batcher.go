package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/store"
)

// RefreshMany implements [store.Batcher].
func (s *Store) RefreshMany(ctx context.Context, ids []string) ([]bool, error) {
	const op = "RefreshMany"
	ttls, err := s.ttls.CheckMany(ctx, op, ids)
	if err != nil {
		return nil, err
	}
	return s.askAll(ctx, op, ids, func(i int) request { return s.refresh(ids[i], ttls[i]) })
}

// IsOnlineMany implements [store.Batcher].
func (s *Store) IsOnlineMany(ctx context.Context, ids []string) ([]bool, error) {
	const op = "IsOnlineMany"
	if err := store.CheckMany(ctx, op, ids); err != nil {
		return nil, err
	}
	return s.askAll(ctx, op, ids, func(i int) request { return s.isOnline(ids[i]) })
}

// ClearMany implements [store.Batcher].
func (s *Store) ClearMany(ctx context.Context, ids []string) error {
	const op = "ClearMany"
	if err := store.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	_, err := s.askAll(ctx, op, ids, func(i int) request { return s.clear(ids[i]) })
	return err
}

// askAll sends one command about each workspace and tells which found it.
func (s *Store) askAll(ctx context.Context, op string, ids []string, about func(i int) request) ([]bool, error) {
	answers := make([]bool, len(ids))
	err := s.many(ctx, op, len(ids), about, func(i int, cmd *redis.Cmd) (err error) {
		answers[i], err = found(cmd)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// many runs n requests, one full pipeline after the other, each to all the
// servers concerned at once, and hands over the answers in order.
func (s *Store) many(ctx context.Context, op string, n int, about func(i int) request, answer func(i int, cmd *redis.Cmd) error) error {
	if s.closed.Load() {
		return s.translate(ctx, op, "", errClosed)
	}
	space := s.space(min(n, most))
	defer s.giveBack(space)
	reqs := *space
	for first := 0; first < n; first += len(reqs) {
		reqs = reqs[:0]
		for i := first; i < min(first+most, n); i++ {
			reqs = append(reqs, about(i))
		}
		if err := s.pipeline(ctx, op, reqs); err != nil {
			return err
		}
		for i, r := range reqs {
			if err := answer(first+i, r.cmd); err != nil {
				return s.translate(ctx, op, "", err)
			}
		}
	}
	return nil
}

// space returns an empty list with room for n requests, to be given back.
func (s *Store) space(n int) *[]request {
	if list, ok := s.spaces.Get().(*[]request); ok && cap(*list) >= n {
		return list
	}
	list := make([]request, 0, n)
	return &list
}

func (s *Store) giveBack(list *[]request) {
	clear((*list)[:cap(*list)])
	s.spaces.Put(list)
}

func (s *Store) pipeline(ctx context.Context, op string, reqs []request) error {
	w := s.wait(ctx)
	err := s.ready(w)
	if err == nil {
		err = s.runAll(w, reqs)
	}
	return s.translate(ctx, op, "", err)
}

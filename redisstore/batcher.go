package redisstore

import (
	"context"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
	"github.com/molecule-ai/liveness/store/driver"
)

// RefreshMany implements [store.Batcher].
func (s *Store) RefreshMany(ctx context.Context, ids []string) ([]bool, error) {
	const op = "RefreshMany"
	ttls, err := driver.CheckTTLs(ctx, op, ids, s.traits.TTLs)
	if err != nil {
		return nil, err
	}
	return s.askAll(ctx, op, ids, func(i int) request { return s.refresh(ids[i], ttls[i]) })
}

// IsOnlineMany implements [store.Batcher].
func (s *Store) IsOnlineMany(ctx context.Context, ids []string) ([]bool, error) {
	const op = "IsOnlineMany"
	if err := driver.CheckMany(ctx, op, ids); err != nil {
		return nil, err
	}
	return s.askAll(ctx, op, ids, func(i int) request { return s.isOnline(ids[i]) })
}

// ClearMany implements [store.Batcher].
func (s *Store) ClearMany(ctx context.Context, ids []string) error {
	const op = "ClearMany"
	if err := driver.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	_, err := s.askAll(ctx, op, ids, func(i int) request { return s.clear(ids[i]) })
	return err
}

// askAll sends one command about each workspace and returns which of them counted any key.
func (s *Store) askAll(ctx context.Context, op string, ids []string, build func(i int) request) ([]bool, error) {
	answers := make([]bool, len(ids))
	err := s.many(ctx, op, len(ids), build, func(i int, cmd *redis.Cmd) (err error) {
		answers[i], err = anyKey(cmd)
		return err
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// many runs n requests, which build returns, and calls answer with each reply: for each
// server in order, and one at a time. Each server gets one full pipeline after the other.
// Its requests end with its first failure; those of other servers go on.
func (s *Store) many(ctx context.Context, op string, n int, build func(i int) request, answer func(i int, cmd *redis.Cmd) error) error {
	if err := s.prepare(s.transport.Limit(ctx)); err != nil {
		return s.translate(ctx, op, "", err)
	}
	if len(s.transport.KnownMasters()) <= 1 || n <= 1 {
		return s.series(ctx, op, n, build, answer)
	}
	byServer := make(map[*pipeline.Server][]int)
	reqs := make([]request, n)
	for i := range reqs {
		if i%pipeline.Full == 0 && ctx.Err() != nil { // thousands take longer than a moment
			return s.translate(ctx, op, "", ctx.Err())
		}
		r := build(i)
		reqs[i] = r
		server := r.At
		if server == nil {
			server, _ = s.transport.ServerOf(r.Key) // the series meets the error again
		}
		byServer[server] = append(byServer[server], i)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for _, at := range byServer {
		all.Go(func() {
			err := s.series(ctx, op, len(at), func(i int) request { return reqs[at[i]] }, func(i int, cmd *redis.Cmd) error {
				mu.Lock()
				defer mu.Unlock()
				return answer(at[i], cmd)
			})
			mu.Lock()
			defer mu.Unlock()
			if failed == nil {
				failed = err
			}
		})
	}
	all.Wait()
	return failed
}

// series is many for one server, or for as many as one pipeline concerns.
func (s *Store) series(ctx context.Context, op string, n int, build func(i int) request, answer func(i int, cmd *redis.Cmd) error) error {
	list := s.takeList(min(n, pipeline.Full))
	defer s.giveBackList(list)
	reqs := *list
	for first := 0; first < n; first += len(reqs) {
		reqs = reqs[:0]
		for i := first; i < min(first+pipeline.Full, n); i++ {
			reqs = append(reqs, build(i))
		}
		if err := s.send(ctx, op, "", reqs...); err != nil {
			return err
		}
		for i, r := range reqs {
			if err := answer(first+i, r.Cmd); err != nil {
				return s.translate(ctx, op, "", err)
			}
		}
	}
	return nil
}

// takeList returns an empty list with room for n requests, to be given back.
func (s *Store) takeList(n int) *[]request {
	if list, ok := s.lists.Get().(*[]request); ok && cap(*list) >= n {
		return list
	}
	list := make([]request, 0, n)
	return &list
}

func (s *Store) giveBackList(list *[]request) {
	clear((*list)[:cap(*list)])
	s.lists.Put(list)
}

package redisstore

import (
	"context"
	"iter"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/store"
)

// start is the cursor of SCAN before the first page and after the last.
const start = "0"

// Online implements [store.Lister]. While slots move between the masters of a
// Cluster, workspaces in them may be missed.
func (s *Store) Online(ctx context.Context) iter.Seq2[store.Status, error] {
	const op = "Online"
	return func(yield func(store.Status, error) bool) {
		for ids, err := range s.pages(ctx, op) {
			var page []store.Status
			if err == nil {
				page, err = s.statuses(ctx, op, ids)
			}
			if err != nil {
				yield(store.Status{}, err)
				return
			}
			for _, status := range page {
				if !yield(status, nil) {
					return
				}
			}
		}
	}
}

// Count implements [store.Lister]. It takes as long as a walk through all keys
// of the server.
func (s *Store) Count(ctx context.Context) (int, error) {
	n := 0
	for ids, err := range s.pages(ctx, "Count") {
		if err != nil {
			return 0, err
		}
		n += len(ids)
	}
	return n, nil
}

// Lookup implements [store.Lister]. A workspace that something else made
// online without a TTL has the longest there is.
func (s *Store) Lookup(ctx context.Context, id string) (store.Status, error) {
	const op = "Lookup"
	if err := store.Check(ctx, op, id); err != nil {
		return store.Status{}, err
	}
	cmd, err := s.do(ctx, op, id, s.remaining(id))
	if err != nil {
		return store.Status{}, err
	}
	left, err := left(cmd)
	if err == nil && left <= 0 {
		err = redis.Nil
	}
	if err != nil {
		return store.Status{}, s.translate(ctx, op, id, err)
	}
	return store.Status{ID: id, Remaining: left}, nil
}

// statuses returns the status of those that are still online.
func (s *Store) statuses(ctx context.Context, op string, ids []string) ([]store.Status, error) {
	statuses := make([]store.Status, 0, len(ids))
	err := s.many(ctx, op, len(ids), func(i int) request {
		return s.remaining(ids[i])
	}, func(i int, cmd *redis.Cmd) error {
		left, err := left(cmd)
		if left > 0 {
			statuses = append(statuses, store.Status{ID: ids[i], Remaining: left})
		}
		return err
	})
	return statuses, err
}

// pages yields the ids of all workspaces online, each once, as many at a time
// as the servers tell in one answer. An error is the last item.
func (s *Store) pages(ctx context.Context, op string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		masters, err := s.begin(ctx, op)
		if err != nil {
			yield(nil, err)
			return
		}
		seen := make(map[string]bool)
		for _, q := range masters {
			for cursor, more := start, true; more; more = cursor != start {
				var found []string
				cursor, found, err = s.page(ctx, op, s.scan(q, cursor))
				if err != nil {
					yield(nil, err)
					return
				}
				var ids []string
				for _, key := range found {
					if id, ok := s.keys.id(key); ok && !seen[id] {
						seen[id] = true
						ids = append(ids, id)
					}
				}
				if !yield(ids, nil) {
					return
				}
			}
		}
	}
}

// begin returns the servers that are to be walked through.
func (s *Store) begin(ctx context.Context, op string) ([]*queue, error) {
	if err := store.CheckMany(ctx, op, nil); err != nil {
		return nil, err
	}
	w := s.wait(ctx)
	masters, err := s.masters(w)
	return masters, s.translate(ctx, op, "", err)
}

// page returns what SCAN or HSCAN answers: the next cursor and some of what
// there is.
func (s *Store) page(ctx context.Context, op string, scan request) (cursor string, found []string, err error) {
	if err := store.CheckMany(ctx, op, nil); err != nil {
		return "", nil, err
	}
	r, err := s.reply(ctx, op, scan)
	if err != nil {
		return "", nil, err
	}
	cursor = r.text()
	for page := r.list(); page.more(); {
		found = append(found, page.text())
	}
	return cursor, found, r.err(op)
}

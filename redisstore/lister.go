package redisstore

import (
	"context"
	"iter"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// noCursor is the cursor of SCAN before the first page, and after the last.
const noCursor = "0"

// Online implements [store.Lister]. While slots move between the masters of a
// Cluster, workspaces in them may be missed.
func (s *Store) Online(ctx context.Context) iter.Seq2[store.Status, error] {
	const op = "Online"
	return func(yield func(store.Status, error) bool) {
		for page, err := range s.statusPages(ctx, op) {
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
	const op = "Count"
	n := 0
	for page, err := range s.statusPages(ctx, op) {
		if err != nil {
			return 0, err
		}
		n += len(page)
	}
	return n, nil
}

// Lookup implements [store.Lister]. A workspace that another program made
// online without a TTL has the longest there is.
func (s *Store) Lookup(ctx context.Context, id string) (store.Status, error) {
	const op = "Lookup"
	if err := driver.Check(ctx, op, id); err != nil {
		return store.Status{}, err
	}
	cmd, err := s.do(ctx, op, id, s.onWorkspace(s.scripts.lookup, id))
	if err != nil {
		return store.Status{}, err
	}
	r := newReply(cmd)
	status := store.Status{ID: id, Remaining: fromPTTL(r.int()), URL: r.text(), InternalURL: r.text()}
	if err := r.err(op); err != nil {
		return store.Status{}, err
	}
	return status, nil
}

// statusPages yields the status of each workspace that is online, a page of SCAN at a time.
// An error is the last item.
func (s *Store) statusPages(ctx context.Context, op string) iter.Seq2[[]store.Status, error] {
	return func(yield func([]store.Status, error) bool) {
		for ids, err := range s.pages(ctx, op, s.keys.id) {
			var page []store.Status
			if err == nil {
				page, err = s.statuses(ctx, op, ids)
			}
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

// statuses returns the status of those that are online.
func (s *Store) statuses(ctx context.Context, op string, ids []string) ([]store.Status, error) {
	statuses := make([]store.Status, 0, len(ids))
	err := s.perShard(ctx, op, s.scripts.online, ids, func(id string, r *reply) {
		if left := fromPTTL(r.int()); left > 0 {
			statuses = append(statuses, store.Status{ID: id, Remaining: left})
		}
	})
	return statuses, err
}

// pages walks through all keys of the store. It yields the ids that idOf makes of them,
// each once, a page of SCAN at a time. An error is the last item.
func (s *Store) pages(ctx context.Context, op string, idOf func(key string) (id string, ok bool)) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		masters, err := s.mastersFor(ctx, op)
		if err != nil {
			yield(nil, err)
			return
		}
		seen := make(map[string]bool)
		for _, server := range masters {
			for cursor, more := noCursor, true; more; more = cursor != noCursor {
				var found []string
				cursor, found, err = s.scanKeys(ctx, op, server, cursor)
				if err != nil {
					yield(nil, err)
					return
				}
				var ids []string
				for _, key := range found {
					if id, ok := idOf(key); ok && !seen[id] {
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

// mastersFor returns the servers that hold any keys, for a call that asks all of them.
func (s *Store) mastersFor(ctx context.Context, op string) ([]*pipeline.Server, error) {
	if err := driver.CheckMany(ctx, op, nil); err != nil {
		return nil, err
	}
	limit := s.transport.Limit(ctx)
	masters, err := s.masters(limit)
	return masters, s.translate(ctx, op, "", err)
}

// page sends SCAN, HSCAN or ZSCAN, has item read each element of the answer, and returns the
// next cursor.
func (s *Store) page(ctx context.Context, op string, scan request, item func(r *reply)) (cursor string, err error) {
	if err := driver.CheckMany(ctx, op, nil); err != nil {
		return "", err
	}
	r, err := s.reply(ctx, op, scan)
	if err != nil {
		return "", err
	}
	cursor = r.text()
	for elements := r.list(); elements.more(); {
		item(&elements)
	}
	return cursor, r.err(op)
}

// scanKeys returns some keys of a server, and the next cursor.
func (s *Store) scanKeys(ctx context.Context, op string, server *pipeline.Server, cursor string) (next string, keys []string, err error) {
	next, err = s.page(ctx, op, s.scan(server, cursor), func(r *reply) { keys = append(keys, r.text()) })
	return next, keys, err
}

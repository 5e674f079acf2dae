package redisstore

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/store/driver"
)

// Deaths implements [driver.Reconciler].
func (s *Store) Deaths(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
	const op = "Deaths"
	return func(yield func(driver.Pending, error) bool) {
		if err := checkArguments(ctx, op, driver.CheckShard(op, s, shard)); err != nil {
			yield(driver.Pending{}, err)
			return
		}
		seen := make(map[string]bool)
		for cursor, more := noCursor, true; more; more = cursor != noCursor {
			var page []driver.Pending
			err := s.checkOpen(ctx, op)
			if err == nil {
				cursor, page, err = s.deaths(ctx, op, shard, cursor)
			}
			if err != nil {
				yield(driver.Pending{}, err)
				return
			}
			for _, d := range page {
				if seen[d.ID] {
					continue
				}
				seen[d.ID] = true
				if !yield(d, nil) {
					return
				}
				if err := s.checkOpen(ctx, op); err != nil {
					yield(driver.Pending{}, err)
					return
				}
			}
		}
	}
}

// deaths returns one page of the deaths of a shard, and the cursor of the next.
func (s *Store) deaths(ctx context.Context, op string, shard int, cursor string) (next string, page []driver.Pending, err error) {
	r, err := s.reply(ctx, op, s.onShard(s.scripts.deaths, shard, cursor, batch))
	if err != nil {
		return "", nil, err
	}
	next = r.text()
	for list := r.list(); list.more(); {
		var d driver.Pending
		d.ID, d.Deadline, d.Attempt = list.text(), list.time(), int(list.int())
		list.cause(&d.Death)
		d.Since = list.time()
		d.Phase = list.phase()
		d.Until = list.time()
		page = append(page, d)
	}
	return next, page, r.err(op)
}

// Adopt implements [driver.Reconciler]. It is one atomic step for each
// hundred workspaces, not for all.
func (s *Store) Adopt(ctx context.Context, shard int, ids []string, due time.Time) (recent []string, err error) {
	const op = "Adopt"
	if err := driver.CheckShard(op, s, shard); err != nil {
		return nil, err
	}
	if err := driver.CheckMany(ctx, op, ids); err != nil {
		return nil, err
	}
	here := make([]any, 0, len(ids))
	for _, id := range ids {
		if s.keys.shard(id) == shard {
			here = append(here, id)
		}
	}
	pages := slices.Collect(slices.Chunk(here, batch))
	err = s.many(ctx, op, len(pages), func(i int) request {
		return s.onShard(s.scripts.adopt, shard, append([]any{max(0, due.UnixMilli())}, pages[i]...)...)
	}, func(_ int, cmd *redis.Cmd) error {
		r := newReply(cmd)
		for r.more() {
			recent = append(recent, r.text())
		}
		return r.err(op)
	})
	if err != nil {
		return nil, err
	}
	return recent, nil
}

// Forget implements [driver.Reconciler]. It is one atomic step for each
// workspace, not for all.
func (s *Store) Forget(ctx context.Context, ids []string) error {
	const op = "Forget"
	if err := driver.CheckMany(ctx, op, ids); err != nil {
		return err
	}
	_, err := s.askAll(ctx, op, ids, func(i int) request { return s.onWorkspace(s.scripts.forget, ids[i]) })
	return err
}

package redisstore

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore/internal/pipeline"
	"github.com/molecule-ai/liveness/store/driver"
)

// Dump implements [driver.Restorer]. A workspace that another program made online
// without a TTL has TTLs.Liveness, which a sweep would give it. While slots move
// between the masters of a Cluster, workspaces in them may be missed.
func (s *Store) Dump(ctx context.Context) iter.Seq2[driver.Record, error] {
	const op = "Dump"
	return func(yield func(driver.Record, error) bool) {
		for ids, err := range s.known(ctx, op) {
			var page []driver.Record
			if err == nil {
				page, err = s.dump(ctx, op, ids)
			}
			if err != nil {
				yield(driver.Record{}, err)
				return
			}
			read := time.Now()
			for _, r := range page {
				if !yield(r.After(time.Since(read)), nil) {
					return
				}
			}
		}
	}
}

// known yields the ids of all workspaces that a key or an index names, each once. A
// workspace that dies meanwhile goes from the keys to the deadlines, and from there to the
// deaths in info. So it looks at these in that order.
func (s *Store) known(ctx context.Context, op string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		seen := make(map[string]bool)
		seenBefore := func(id string) bool {
			known := seen[id]
			seen[id] = true
			return known
		}
		for ids, err := range s.pages(ctx, op, s.keys.owner) {
			if !yield(slices.DeleteFunc(ids, seenBefore), err) || err != nil {
				return
			}
		}
		for shard := range s.traits.Shards {
			for _, scan := range []struct{ command, key string }{{"zscan", s.keys.deadlines(shard)}, {"hscan", s.keys.info(shard)}} {
				for cursor, more := noCursor, true; more; more = cursor != noCursor {
					var ids []string
					var err error
					cursor, ids, err = s.members(ctx, op, pipeline.To(scan.key, scan.command, scan.key, cursor, "count", scanCount))
					if !yield(slices.DeleteFunc(ids, seenBefore), err) || err != nil {
						return
					}
				}
			}
		}
	}
}

// members returns some members of an index, without the state of the shard, and the next
// cursor. Scan is ZSCAN or HSCAN, which answer with a value beside each member.
func (s *Store) members(ctx context.Context, op string, scan request) (next string, ids []string, err error) {
	next, err = s.page(ctx, op, scan, func(r *reply) {
		if member := r.text(); !isState(member) {
			ids = append(ids, member)
		}
		r.skip()
	})
	return next, ids, err
}

// dump returns the records of the workspaces, but for those that the store does not know.
func (s *Store) dump(ctx context.Context, op string, ids []string) (page []driver.Record, err error) {
	err = s.perShard(ctx, op, s.scripts.dump, ids, func(id string, r *reply) {
		record := driver.Record{ID: id, Now: r.time(), Remaining: r.duration(), Withdrawn: r.duration()}
		record.URL = driver.CachedURL{URL: r.text(), Remaining: r.duration()}
		record.InternalURL = driver.CachedURL{URL: r.text(), Remaining: r.duration()}
		if r.text() == "d" {
			record.Death = r.death()
		}
		known := record
		known.ID, known.Now = "", time.Time{}
		if known != (driver.Record{}) {
			page = append(page, record)
		}
	})
	return page, err
}

func (r *reply) death() *driver.DeathRecord {
	d := &driver.DeathRecord{Ago: r.duration(), Since: r.duration(), Delay: r.duration(), Attempt: int(r.int())}
	var cause driver.Death
	r.cause(&cause)
	d.Adopted, d.Expired = cause.Adopted, cause.Expired
	return d
}

// Restore implements [driver.Restorer].
func (s *Store) Restore(ctx context.Context, records []driver.Record) error {
	const op = "Restore"
	began := time.Now()
	if err := driver.CheckRecords(ctx, op, records); err != nil {
		return err
	}
	batches := byShard(records, func(r driver.Record) int { return s.keys.shard(r.ID) })
	return s.many(ctx, op, len(batches), func(i int) request {
		var args []any
		for _, r := range batches[i].items {
			args = appendRecord(args, r.After(time.Since(began)))
		}
		return s.onShard(s.scripts.restore, batches[i].shard, args...)
	}, func(int, *redis.Cmd) error { return nil })
}

// appendRecord appends a record as the script restore reads it.
func appendRecord(args []any, r driver.Record) []any {
	args = append(args, r.ID, milliseconds(r.Remaining), milliseconds(r.Withdrawn),
		r.URL.URL, milliseconds(r.URL.Remaining), r.InternalURL.URL, milliseconds(r.InternalURL.Remaining))
	d := r.Death
	if d == nil {
		return append(args, "-")
	}
	cause := "s"
	switch {
	case d.Adopted:
		cause = "a"
	case d.Expired:
		cause = "e"
	}
	return append(args, "d", d.Ago.Milliseconds(), d.Since.Milliseconds(), milliseconds(d.Delay), d.Attempt, cause)
}

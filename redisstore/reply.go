package redisstore

import (
	"context"
	"math"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// reply is a list that is read from its first item to its last. An item of an unexpected
// type reads as zero; then err returns an error in the end.
type reply struct {
	items []any
	bad   *bool // shared by a reply and its lists
}

// reply sends one command about a shard and returns its answer.
func (s *Store) reply(ctx context.Context, op string, r request) (reply, error) {
	cmd, err := s.do(ctx, op, "", r)
	if err != nil {
		return reply{}, err
	}
	return newReply(cmd), nil
}

func newReply(cmd *redis.Cmd) reply {
	items, err := cmd.Slice()
	bad := err != nil
	return reply{items, &bad}
}

func (r *reply) more() bool { return len(r.items) > 0 }

// next returns the next item, which must be a T.
func next[T any](r *reply) T {
	var item T
	ok := r.more()
	if ok {
		item, ok = r.items[0].(T)
		r.items = r.items[1:]
	}
	*r.bad = *r.bad || !ok
	return item
}

func (r *reply) int() int64   { return next[int64](r) }
func (r *reply) text() string { return next[string](r) }
func (r *reply) list() reply  { return reply{next[[]any](r), r.bad} }
func (r *reply) skip()        { next[any](r) }

// time reads a number of milliseconds; 0 is no time.
func (r *reply) time() time.Time {
	ms := r.int()
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func (r *reply) duration() time.Duration { return duration(r.int()) }

// wait reads a number of milliseconds; less than 0 is no end.
func (r *reply) wait() time.Duration {
	d := r.duration()
	if d < 0 {
		return math.MaxInt64
	}
	return d
}

// cause reads how a death came about.
func (r *reply) cause(d *driver.Death) {
	switch r.text() {
	case "a":
		d.Adopted = true
	case "e":
		d.Expired = true
	}
}

// phase reads how a pending death stands.
func (r *reply) phase() driver.Phase {
	switch r.text() {
	case "l":
		return driver.Leased
	case "d":
		return driver.Delayed
	}
	return driver.Ready
}

func (r *reply) err(op string) error {
	if *r.bad {
		return driver.Errorf(op, "", store.ErrUnavailable, "the server answered in another way than Redis does")
	}
	return nil
}

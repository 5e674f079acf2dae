package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// data is a sample of the keys under the prefix.
type data struct {
	seen, foreign int
	examples      []string // keys that are not the store's
	immortal      int      // workspaces without a TTL
	remaining     []time.Duration
	all           bool // every key was seen
	err           error
}

const (
	mostSeen     = 100_000 // keys
	mostExamples = 3
)

// search looks through the keys under the prefix on the servers, a sample if there
// are many.
func search(ctx context.Context, servers []*server, n names) (d data) {
	d.all = true
	for _, s := range servers {
		for cursor := uint64(0); ; {
			keys, next, err := s.Scan(ctx, cursor, n.pattern(), 1000).Result()
			if err == nil {
				err = d.add(ctx, s, n, keys)
			}
			if err != nil {
				d.err, d.all = err, false
				break
			}
			if d.seen >= mostSeen*len(servers) {
				d.all = false
				return d
			}
			if cursor = next; cursor == 0 {
				break
			}
		}
	}
	return d
}

// add looks at some keys. Of a value it reads no more than tells online from others.
func (d *data) add(ctx context.Context, s *server, n names, keys []string) error {
	const online = "online"
	types, values, lives := make([]*redis.StatusCmd, len(keys)), make([]*redis.StringCmd, len(keys)), make([]*redis.Cmd, len(keys))
	_, err := s.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, key := range keys {
			types[i] = p.Type(ctx, key)
			if _, liveness := n.sort(key); liveness {
				values[i] = p.GetRange(ctx, key, 0, int64(len(online)))
				lives[i] = p.Do(ctx, "pttl", key)
			}
		}
		return nil
	})
	if err != nil && !isReply(err) {
		return err
	}
	for i, key := range keys {
		want, liveness := n.sort(key)
		is, err := types[i].Result()
		if err != nil {
			return err
		}
		d.seen++
		switch {
		case is == "none": // it is gone
		case is != want || liveness && values[i].Val() != online:
			if d.foreign++; len(d.examples) < mostExamples {
				d.examples = append(d.examples, key)
			}
		case liveness:
			switch left, _ := lives[i].Int64(); {
			case left == -1:
				d.immortal++
			case left > 0:
				d.remaining = append(d.remaining, time.Duration(left)*time.Millisecond)
			}
		}
	}
	return nil
}

// others examines whether other programs use the prefix.
func (d data) others(o Options) Finding {
	sample := ""
	if !d.all {
		sample = ", of a sample"
	}
	switch {
	case d.foreign > 0:
		return bad(Warning, fmt.Sprintf("Give the platform or the other program another prefix; of two, neither may begin with the other. The store leaves the keys alone: redis-cli --scan --pattern '%s*' lists them.", o.Prefix),
			"keys under %q%s: %d, of which the store did not write %d, such as %s", o.Prefix, sample, d.seen, d.foreign, quoted(d.examples))
	case d.err != nil:
		return failed(Unknown, "the keys could not be listed", d.err)
	}
	return ok("keys under %q%s: %d, all the store's", o.Prefix, sample, d.seen)
}

// lives examines how long the workspaces have left.
func (d data) lives(o Options) Finding {
	switch {
	case d.immortal > 0:
		return bad(Wrong, "Find the program that sets the keys without PX, and have it use package redisstore. A heartbeat gives each a TTL.",
			"workspaces without a TTL: %d; their death is never reported", d.immortal)
	case d.err != nil && len(d.remaining) == 0:
		return failed(Unknown, "the workspaces could not be listed", d.err)
	}
	return lives(o, d.remaining)
}

func quoted(keys []string) string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = fmt.Sprintf("%.80q", k)
	}
	return strings.Join(list, ", ")
}

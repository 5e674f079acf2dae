package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// trials are the commands that a store sends, by itself or in a script, each in a form
// that changes nothing. The key is one that does not exist.
func trials(key, pattern string) [][]any {
	return [][]any{
		{"ping"}, {"time"}, {"dbsize"},
		{"scan", 0, "match", pattern, "count", 1},
		{"eval", "return 1", 0},
		{"evalsha", strings.Repeat("0", 40), 0}, // there is no such script
		{"exists", key}, {"get", key}, {"mget", key}, {"pttl", key},
		{"set", key, "", "xx", "px", 1},
		{"del", key}, {"persist", key}, {"pexpire", key, 1},
		{"hget", key, "f"}, {"hmget", key, "f"}, {"hscan", key, 0}, {"hdel", key, "f"},
		{"hset", key, "f", "v", "half"}, // a field without a value is an error
		{"hincrby", key, "f", "no number"},
		{"zadd", key, "xx", 1, "m"}, {"zrem", key, "m"}, {"zcard", key}, {"zcount", key, 0, 1},
		{"zscore", key, "m"}, {"zmscore", key, "m"}, {"zrandmember", key, 1},
		{"zrange", key, 0, 0}, {"zrangebyscore", key, 0, 1}, {"zrevrangebyscore", key, 1, 0},
	}
}

// rights tries every command and every kind of key that a store uses. A server looks
// at the rights of a user before anything else.
func (s *server) rights(ctx context.Context) Finding {
	n := names{s.o.Prefix, s.clustered}
	id := "liveness-doctor-" + rand.Text()
	key := n.liveness(id)
	commands := trials(key, n.pattern())
	if s.clustered {
		commands = append(commands, []any{"cluster", "slots"})
	}
	// It sets the record of the layout, and so is tried only where that is there.
	if there, err := s.Exists(ctx, n.record()).Result(); err == nil && there == 1 {
		commands = append(commands, []any{"setnx", n.record(), n.layout()})
	}
	keys := append(slices.Sorted(maps.Keys(n.index(0))), n.record(), key, key+":url", key+":internal_url")
	var tried []*redis.Cmd
	_, _ = s.Pipelined(ctx, func(p redis.Pipeliner) error { // each command has its error
		for _, c := range commands {
			tried = append(tried, p.Do(ctx, c...))
		}
		for _, key := range keys {
			tried = append(tried, p.Do(ctx, "exists", key), p.Do(ctx, "persist", key)) // none has a TTL
		}
		return nil
	})
	var refused, unknown, closed []string
	var broken error
	for i, cmd := range tried {
		err := cmd.Err()
		switch {
		case err == nil:
		case redis.IsPermissionError(err) && strings.Contains(err.Error(), "access"):
			if i >= len(commands) {
				closed = append(closed, strings.Replace(keys[(i-len(commands))/2], id, "ID", 1))
			}
		case redis.IsPermissionError(err):
			if i < len(commands) {
				refused = append(refused, commandOf(commands[i]))
			}
		case strings.Contains(err.Error(), "unknown command"):
			unknown = append(unknown, commandOf(commands[i%len(commands)]))
		case !isReply(err):
			broken = err
		}
	}
	var missing []string
	for what, list := range map[string][]string{"may not run ": refused, "has no command ": unknown, "may not use the keys ": closed} {
		if len(list) > 0 {
			missing = append(missing, what+strings.Join(slices.Compact(list), ", "))
		}
	}
	slices.Sort(missing)
	user := s.Options().Username
	if user == "" {
		user = "default"
	}
	switch {
	case broken != nil:
		return failed(Unknown, "the rights could not be tried", broken)
	case len(missing) > 0:
		grant := "redis-cli ACL SETUSER " + user + " '~" + s.o.Prefix + "*' +@read +@write +@keyspace +@connection +@scripting +time"
		if s.clustered {
			grant += " '+cluster|slots'"
		}
		if len(unknown) > 0 {
			grant += ". Do not rename commands in redis.conf."
		}
		return bad(Wrong, grant, "the user %s %s", user, strings.Join(missing, "; "))
	}
	return ok("the user %s may run %d commands, and use all keys that begin with %q", user, len(commands), s.o.Prefix)
}

func commandOf(args []any) string {
	name := args[0].(string)
	if name == "cluster" {
		name += "|" + args[1].(string)
	}
	return name
}

// isReply reports whether the error is what a server answered.
func isReply(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore"
)

// Unwritten tells that nothing under the prefix was written by package redisstore, and
// where the server has keys: a wrong database or prefix looks like a store in which nobody
// is online. It returns "" if something was written, or if the server does not tell.
func Unwritten(ctx context.Context, url string, o Options) string {
	o = o.withDefaults()
	client, err := redisstore.NewClient(url, redisstore.Options{Prefix: o.Prefix, Timeout: o.CallTimeout})
	if err != nil {
		return ""
	}
	defer client.Close() //nolint:errcheck // nothing is pending
	n := names{prefix: o.Prefix}
	if err := client.Get(ctx, n.record()).Err(); !errors.Is(err, redis.Nil) {
		return ""
	}
	return unwritten(ctx, client, n)
}

// unwritten is the text of [Unwritten].
func unwritten(ctx context.Context, client redis.UniversalClient, n names) string {
	place, keys := "", ""
	if one, ok := client.(*redis.Client); ok {
		place = fmt.Sprintf(" in database %d", one.Options().DB)
		keys = keyspace(client.Info(ctx, "keyspace").Val()) // "" if the user may not run INFO
	}
	return fmt.Sprintf("nothing under %q%s was ever written by this module%s", n.prefix, place, keys)
}

// keyspace says which databases have keys, from what INFO tells.
func keyspace(info string) string {
	var databases []string
	for line := range strings.Lines(info) {
		var db, keys int
		if _, err := fmt.Sscanf(line, "db%d:keys=%d,", &db, &keys); err == nil {
			databases = append(databases, fmt.Sprintf("%d (%d)", db, keys))
		}
	}
	if len(databases) == 0 {
		return ""
	}
	return "; the server has keys in database " + strings.Join(databases, ", ")
}

// PlatformToo says what to do about a store that is unwritten.
const PlatformToo = "Look whether the database and the prefix are those of the platform. If it has not written yet, or runs the code from before this module, all is well."

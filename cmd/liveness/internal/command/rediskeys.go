package command

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// deleteKeys deletes all keys that begin with the prefix, which has no special
// characters of a pattern, from the Redis at a URL that the store has accepted. Op is
// the command that does so.
func deleteKeys(ctx context.Context, op, raw, prefix string) error {
	if prefix == "" {
		return driver.Errorf(op, "", store.ErrInvalid, "no prefix means all keys of the server, which are not deleted")
	}
	client, err := redisstore.NewClient(raw, redisstore.Options{})
	if err == nil {
		defer client.Close() //nolint:errcheck // nothing is pending
		if cluster, ok := client.(*redis.ClusterClient); ok {
			err = cluster.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error {
				return deleteKeysOf(ctx, master, prefix)
			})
		} else {
			err = deleteKeysOf(ctx, client, prefix)
		}
	}
	if err != nil {
		return driver.Errorf(op, "", store.ErrUnavailable, "keys that begin with %s are left on the server; redis-cli --scan --pattern '%s*' | xargs redis-cli del removes them", prefix, prefix)
	}
	return nil
}

func deleteKeysOf(ctx context.Context, server redis.UniversalClient, prefix string) error {
	const page = 1000
	var cursor uint64
	for {
		keys, next, err := server.Scan(ctx, cursor, prefix+"*", page).Result()
		if err != nil {
			return err
		}
		_, err = server.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, key := range keys {
				p.Del(ctx, key)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// temporary is a store on Redis whose keys are deleted when it is closed.
type temporary struct {
	store.LivenessStore
	url, prefix string
	once        sync.Once
	err         error
}

func (t *temporary) Unwrap() store.LivenessStore { return t.LivenessStore }

// Close implements [store.LivenessStore].
func (t *temporary) Close() error {
	const deleteTime = 10 * time.Second
	t.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), deleteTime)
		defer cancel()
		if t.err = t.LivenessStore.Close(); t.err == nil {
			t.err = deleteKeys(ctx, "simulate", t.url, t.prefix)
		}
	})
	return t.err
}

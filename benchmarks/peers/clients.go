package peers

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"

	"github.com/molecule-ai/liveness/internal/redistest"
)

// The names of the keys in Redis, in which the stores and their peers agree.
func key(id string) string            { return "ws:" + id }
func urlKey(id string) string         { return key(id) + ":url" }
func internalURLKey(id string) string { return key(id) + ":internal_url" }

// plain is the code before this module: go-redis with its defaults, one command
// after the other.
type plain struct {
	client *redis.Client
}

func newPlain(b *bench, server *redistest.Server) plain {
	p := plain{redis.NewClient(&redis.Options{Addr: server.Addr()})}
	b.closing(p.client)
	return p
}

func (p plain) refresh(ctx context.Context, id string) error {
	return found(p.client.PExpire(ctx, key(id), lifetime).Result())
}

func (p plain) refreshMany(ctx context.Context, ids []string) error {
	cmds, err := p.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, id := range ids {
			pipe.PExpire(ctx, key(id), lifetime)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, cmd := range cmds {
		if !cmd.(*redis.BoolCmd).Val() {
			return errOffline
		}
	}
	return nil
}

func (p plain) clear(ctx context.Context, id string) error {
	for _, key := range []string{key(id), urlKey(id), internalURLKey(id)} {
		if err := p.client.Del(ctx, key).Err(); err != nil {
			return err
		}
	}
	return nil
}

// piped is rueidis, which pipelines what concurrent callers ask.
type piped struct {
	client rueidis.Client
}

func newRueidis(b *bench, server *redistest.Server, flushDelay time.Duration) piped {
	c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{server.Addr()}, MaxFlushDelay: flushDelay})
	b.must(err)
	b.Cleanup(c.Close)
	return piped{c}
}

func (p piped) refresh(ctx context.Context, id string) error {
	return found(p.client.Do(ctx, p.client.B().Pexpire().Key(key(id)).Milliseconds(lifetime.Milliseconds()).Build()).AsBool())
}

func found(yes bool, err error) error {
	if err == nil && !yes {
		err = errOffline
	}
	return err
}

package backends

import (
	"context"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

func openRedis(ctx context.Context, url string, o Options) (store.LivenessStore, error) {
	s, err := redisstore.Open(ctx, url, redisstore.Options{TTLs: o.TTLs, Prefix: o.Prefix, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	return s, nil
}

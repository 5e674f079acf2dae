package backends

import (
	"context"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

func openRedis(ctx context.Context, url string, o Options) (store.LivenessStore, error) {
	s, err := redisstore.Open(ctx, url, redisstore.Options{
		TTLs: o.TTLs, KeepDeaths: o.KeepDeaths, Logger: o.Logger, Prefix: o.Prefix, Timeout: o.Timeout, Lazy: o.Lazy,
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

package conformance

import (
	"context"
	"errors"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/molecule-ai/liveness/store"
)

func ttlMutants() []mutant {
	granting := func(b *bent, op func(context.Context, string) error, ttl func(id string) time.Duration) func(context.Context, string) error {
		return func(ctx context.Context, id string) error {
			err := op(ctx, id)
			if err == nil {
				b.bring(id, ttl(id))
			}
			return err
		}
	}
	var firstTTL, firstURL sync.Map // by the data
	return []mutant{
		{"SetOnline does not ask For", "C12", func(b *bent) {
			b.setOnline = granting(b, b.ref.SetOnline, func(string) time.Duration { return b.ttls.Liveness })
		}},
		{"RefreshTTL does not ask For", "C12", func(b *bent) {
			b.refresh = granting(b, b.ref.RefreshTTL, func(string) time.Duration { return b.ttls.Liveness })
		}},
		{"For is asked for the id in lower case", "C12", func(b *bent) {
			if forID := b.ttls.For; forID != nil {
				b.ttls.For = func(id string) time.Duration { return forID(strings.ToLower(id)) }
			}
		}},
		{"For is asked for the path of the id", "C12", func(b *bent) {
			if forID := b.ttls.For; forID != nil {
				b.ttls.For = func(id string) time.Duration { return forID(path.Clean(id)) }
			}
		}},
		{"RefreshMany does not ask For", "Batcher", func(b *bent) {
			b.refreshMany = func(ctx context.Context, ids []string) ([]bool, error) {
				answers, err := b.ref.RefreshMany(ctx, ids)
				for i, online := range answers {
					if online {
						b.bring(ids[i], b.ttls.Liveness)
					}
				}
				return answers, err
			}
		}},
		{"For is asked once", "C12", func(b *bent) {
			var first sync.Map
			once := func(id string) time.Duration {
				ttl, _ := b.ttls.ForLiveness(id)
				kept, _ := first.LoadOrStore(id, ttl)
				return kept.(time.Duration)
			}
			b.setOnline = granting(b, b.ref.SetOnline, once)
			b.refresh = granting(b, b.ref.RefreshTTL, once)
		}},
		{"the TTL is that of the first opening", "C12", func(b *bent) {
			kept, _ := firstTTL.LoadOrStore(b.data, b.ttls.Liveness)
			b.ttls.Liveness = kept.(time.Duration)
		}},
		{"the URL TTL is that of the first opening", "C12", func(b *bent) {
			kept, _ := firstURL.LoadOrStore(b.data, b.ttls.URL)
			b.ttls.URL = kept.(time.Duration)
		}},
		{"For only lengthens", "C12", func(b *bent) {
			longer := func(id string) time.Duration {
				ttl, _ := b.ttls.ForLiveness(id)
				return max(ttl, b.ttls.Liveness)
			}
			b.setOnline = granting(b, b.ref.SetOnline, longer)
			b.refresh = granting(b, b.ref.RefreshTTL, longer)
		}},
		{"a TTL out of range is clamped", "C12", func(b *bent) {
			if forID := b.ttls.For; forID != nil {
				b.ttls.For = func(id string) time.Duration { return min(max(forID(id), 0), store.MaxTTL) }
			}
		}},
		{"a TTL below three heartbeats is taken", "C12", func(b *bent) { b.ttls.Heartbeat = 0 }},
		{"two heartbeats are enough for a TTL", "C12", func(b *bent) { b.ttls.Heartbeat = b.ttls.Heartbeat * 2 / 3 }},
		{"a TTL that is refused ends the life", "C12", func(b *bent) {
			b.refresh = func(ctx context.Context, id string) error {
				err := b.ref.RefreshTTL(ctx, id)
				if errors.Is(err, store.ErrInvalid) {
					_ = b.ref.Clear(ctx, id)
				}
				return err
			}
		}},
	}
}

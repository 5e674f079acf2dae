package conformance

import (
	"context"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

func noteMutants() []mutant {
	return []mutant{
		{"a note is not compared", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				if shard >= 0 && shard < refShards && ctx.Err() == nil && len(next) <= driver.MaxNoteLen {
					b.with(func() { old = b.shards[shard].note })
				}
				return b.ref.Note(ctx, shard, old, next)
			}
		}},
		{"a note is compared and written in two steps", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				note, err := b.ref.Note(ctx, shard, old, old)
				if err != nil || note != old {
					return note, err
				}
				time.Sleep(time.Nanosecond)
				b.with(func() { old = b.shards[shard].note })
				return b.ref.Note(ctx, shard, old, next)
			}
		}},
		{"the note that was offered is returned", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				_, err := b.ref.Note(ctx, shard, old, next)
				return next, err
			}
		}},
		{"the shards share a note", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				return b.ref.Note(ctx, min(shard, 0), old, next)
			}
		}},
		{"a note is cut", "Note", func(b *bent) {
			b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
				return b.ref.Note(ctx, shard, old, next[:min(len(next), 128)])
			}
		}},
		{"sweeps return no note", "Note", func(b *bent) {
			b.resweep(func(_ int, s *driver.SweepResult) { s.Note = "" })
		}},
		{"a note is gone with the store", "Note", func(b *bent) {
			for i := range b.shards {
				b.shards[i].note = ""
			}
		}},
	}
}

package conformance

import (
	"context"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/store/driver"
)

// sameNote compares the old note in another way.
func (b *bent) sameNote(same func(note, old string) bool) {
	b.note = func(ctx context.Context, shard int, old, next string) (string, error) {
		if shard >= 0 && shard < refShards {
			b.with(func() {
				if note := b.shards[shard].note; same(note, old) {
					old = note
				}
			})
		}
		return b.ref.Note(ctx, shard, old, next)
	}
}

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
		{"a note is compared without regard to case", "Note", func(b *bent) {
			b.sameNote(strings.EqualFold)
		}},
		{"notes are compared by their first kilobyte", "Note", func(b *bent) {
			b.sameNote(func(note, old string) bool { return note[:min(len(note), 1024)] == old[:min(len(old), 1024)] })
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
		{"the notes of all shards but the first are gone with the store", "Note", func(b *bent) {
			for i := 1; i < refShards; i++ {
				b.shards[i].note = ""
			}
		}},
	}
}

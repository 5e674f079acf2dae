package conformance

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// loopMutants have pages, and lose something between two of them.
func loopMutants() []mutant {
	statusID := func(s store.Status) string { return s.ID }
	deathID := func(p driver.Pending) string { return p.ID }
	recordID := func(r driver.Record) string { return r.ID }
	roomy := func(bend func(*bent)) func(*bent) {
		return func(b *bent) { b.limit = largeCrowd; bend(b) }
	}
	return []mutant{
		{"an outage between two pages ends the list without a word", "Lister", roomy(func(b *bent) {
			b.all = func(ctx context.Context) iter.Seq2[store.Status, error] { return silentOutage(b.ref.Online(ctx)) }
		})},
		{"an outage between two pages of deaths ends the loop without a word", "Deaths", func(b *bent) {
			b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
				return silentOutage(b.ref.Deaths(ctx, shard))
			}
		}},
		{"an outage between two pages of records ends the dump without a word", "R10", roomy(func(b *bent) {
			b.dump = func(ctx context.Context) iter.Seq2[driver.Record, error] { return silentOutage(b.ref.Dump(ctx)) }
		})},
		{"the end of the context between two pages ends the list without a word", "Lister", roomy(func(b *bent) {
			b.all = func(ctx context.Context) iter.Seq2[store.Status, error] { return silentEnd(ctx, b.ref.Online) }
		})},
		{"the end of the context between two pages of deaths ends the loop without a word", "Deaths", func(b *bent) {
			b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
				return silentEnd(ctx, func(ctx context.Context) iter.Seq2[driver.Pending, error] { return b.ref.Deaths(ctx, shard) })
			}
		}},
		{"the end of the context between two pages of records ends the dump without a word", "R10", roomy(func(b *bent) {
			b.dump = func(ctx context.Context) iter.Seq2[driver.Record, error] { return silentEnd(ctx, b.ref.Dump) }
		})},
		{"the pages of the list are numbered", "Lister", roomy(func(b *bent) {
			b.all = func(ctx context.Context) iter.Seq2[store.Status, error] {
				return numberedPages(b.ref.Online(ctx), statusID)
			}
		})},
		{"the pages of deaths are numbered", "Deaths", func(b *bent) {
			b.allDeaths = func(ctx context.Context, shard int) iter.Seq2[driver.Pending, error] {
				return numberedPages(b.ref.Deaths(ctx, shard), deathID)
			}
		}},
		{"the pages of records are numbered", "R10", roomy(func(b *bent) {
			b.dump = func(ctx context.Context) iter.Seq2[driver.Record, error] {
				return numberedPages(b.ref.Dump(ctx), recordID)
			}
		})},
		{"the pages of the list follow the deadline", "Lister", roomy(func(b *bent) {
			b.all = func(ctx context.Context) iter.Seq2[store.Status, error] {
				return func(yield func(store.Status, error) bool) {
					last := time.Duration(0)
					for {
						rest, err := sorted(b.ref.Online(ctx), statusID)
						rest = slices.DeleteFunc(rest, func(s store.Status) bool { return s.Remaining <= last })
						if err != nil {
							yield(store.Status{}, err)
						}
						if err != nil || len(rest) == 0 {
							return
						}
						least := slices.MinFunc(rest, func(a, b store.Status) int { return cmp.Compare(a.Remaining, b.Remaining) })
						last = least.Remaining
						for _, s := range rest {
							if s.Remaining == last && !yield(s, nil) {
								return
							}
						}
					}
				}
			}
		})},
	}
}

// silentOutage leaves out the error of an outage that follows on an item.
func silentOutage[T any](loop iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		some := false
		for item, err := range loop {
			if some && errors.Is(err, store.ErrUnavailable) || !yield(item, err) {
				return
			}
			some = true
		}
	}
}

// silentEnd asks between two pages whether the context has ended.
func silentEnd[T any](ctx context.Context, loop func(context.Context) iter.Seq2[T, error]) iter.Seq2[T, error] {
	const page = 500
	return func(yield func(T, error) bool) {
		n, in := 0, ctx
		if ctx.Err() == nil {
			in = context.WithoutCancel(ctx)
		}
		for item, err := range loop(in) {
			if n++; n%page == 0 && ctx.Err() != nil || !yield(item, err) {
				return
			}
		}
	}
}

// numberedPages begins each page after as many items as there were in those before.
func numberedPages[T any](loop iter.Seq2[T, error], idOf func(T) string) iter.Seq2[T, error] {
	const page = 100
	return func(yield func(T, error) bool) {
		for n := 0; ; n += page {
			all, err := sorted(loop, idOf)
			if err != nil {
				var none T
				yield(none, err)
			}
			if err != nil || n >= len(all) {
				return
			}
			for _, item := range all[n:min(n+page, len(all))] {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// sorted returns the items of a loop in the order of their ids.
func sorted[T any](loop iter.Seq2[T, error], idOf func(T) string) (all []T, err error) {
	for item, err := range loop {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	slices.SortFunc(all, func(a, b T) int { return cmp.Compare(idOf(a), idOf(b)) })
	return all, nil
}

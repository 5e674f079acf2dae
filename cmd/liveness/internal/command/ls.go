package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/store"
)

// ls is the command line of ls.
type ls struct {
	sort, filter string
	lessThan     time.Duration
}

func newLs(a *app) *cobra.Command {
	var l ls
	c := &cobra.Command{
		Use:   "ls",
		Short: "List the workspaces that are online",
		Long: `Lists the workspaces that are online: how long each remains so if it is not heard
from, and its cached URLs. The rows come as they are read, in no order, however
many there are; --sort reads them all first. The number of rows is told on standard
error.

In the pattern of --filter a * stands for any text without a /, a ? for one
character, and [a-z] for one of a range.

With --json each row is an object with id, remaining (ns), url and internal_url.`,
		Example: `  liveness ls --store bolt:edge.db
  liveness ls --sort remaining --less-than 1m
  liveness ls --filter 'team-a-*' --json | head`,
		Args: noArgs,
		PreRunE: func(c *cobra.Command, _ []string) error {
			if l.sort != "" && l.sort != "id" && l.sort != "remaining" {
				return usagef("--sort is %q, want id or remaining", l.sort)
			}
			if _, err := path.Match(l.filter, ""); err != nil {
				return usagef("--filter is %q, want a pattern whose [ has a ]", l.filter)
			}
			if c.Flags().Changed("less-than") && l.lessThan <= 0 {
				return usagef("--less-than is %v, want more than 0", l.lessThan)
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			return a.with(c.Context(), backends.Options{}, func(s store.LivenessStore) error {
				return l.run(c.Context(), a, s)
			})
		},
	}
	c.Flags().StringVar(&l.sort, "sort", "", "`column` to sort by: id or remaining")
	c.Flags().StringVar(&l.filter, "filter", "", "`pattern` of the ids to list")
	c.Flags().DurationVar(&l.lessThan, "less-than", 0, "list those with less `time` remaining than this")
	_ = c.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions([]string{"id", "remaining"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (l ls) run(ctx context.Context, a *app, s store.LivenessStore) error {
	t := a.table("ID", "REMAINING", "URL", "INTERNAL URL")
	rows, err := 0, error(nil)
	for status, failed := range withURLs(ctx, s, l.sorted(l.filtered(store.Online(ctx, s)))) {
		if err = failed; err == nil {
			err = t.row(status, status.ID, span(status.Remaining), cmp.Or(status.URL, "-"), cmp.Or(status.InternalURL, "-"))
		}
		if err != nil {
			break
		}
		rows++
	}
	if err := errors.Join(t.end(), err); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%d online%s\n", rows, l.limits())
	return nil
}

// limits says why rows may be missing.
func (l ls) limits() string {
	if l.filter == "" && l.lessThan == 0 {
		return ""
	}
	return " that match"
}

type statuses = iter.Seq2[store.Status, error]

func (l ls) filtered(all statuses) statuses {
	return func(yield func(store.Status, error) bool) {
		for s, err := range all {
			named := true
			if l.filter != "" && err == nil {
				named, _ = path.Match(l.filter, s.ID)
			}
			soon := l.lessThan == 0 || s.Remaining < l.lessThan
			if (err != nil || named && soon) && !yield(s, err) {
				return
			}
		}
	}
}

func (l ls) sorted(all statuses) statuses {
	by := func(x, y store.Status) int { return cmp.Compare(x.ID, y.ID) }
	switch l.sort {
	case "":
		return all
	case "remaining":
		by = func(x, y store.Status) int {
			return cmp.Or(cmp.Compare(x.Remaining, y.Remaining), cmp.Compare(x.ID, y.ID))
		}
	}
	return func(yield func(store.Status, error) bool) {
		var read []store.Status
		for s, err := range all {
			if err != nil {
				yield(s, err)
				return
			}
			read = append(read, s)
		}
		slices.SortFunc(read, by)
		for _, s := range read {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// withURLs looks each workspace up, a page of them at the same time, and leaves out
// those that have gone offline meanwhile.
func withURLs(ctx context.Context, s store.LivenessStore, all statuses) statuses {
	const page = 200
	return func(yield func(store.Status, error) bool) {
		var ids []string
		flush := func() bool {
			found, err := lookup(ctx, s, ids)
			ids = ids[:0]
			for _, status := range found {
				if !yield(status, nil) {
					return false
				}
			}
			return err == nil || yield(store.Status{}, err)
		}
		for status, err := range all {
			if err != nil {
				_ = flush() && yield(store.Status{}, err)
				return
			}
			if ids = append(ids, status.ID); len(ids) == page && !flush() {
				return
			}
		}
		flush()
	}
}

// lookup returns the status of each workspace that is online, in the order of the
// ids, up to the first that cannot be looked up.
func lookup(ctx context.Context, s store.LivenessStore, ids []string) ([]store.Status, error) {
	found, errs := make([]store.Status, len(ids)), make([]error, len(ids))
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() { found[i], errs[i] = store.Lookup(ctx, s, id) })
	}
	all.Wait()
	online := found[:0]
	for i, err := range errs {
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return online, err
		}
		if err == nil {
			online = append(online, found[i])
		}
	}
	return online, nil
}

package command

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/cmd/liveness/internal/transfer"
	"github.com/molecule-ai/liveness/store"
)

// copying is the command line of copy.
type copying struct {
	toPrefix  string
	compare   bool
	tolerance time.Duration
}

func newCopy(a *app) *cobra.Command {
	var o copying
	c := &cobra.Command{
		Use:        "copy SRC DST",
		SuggestFor: []string{"move", "migrate", "import", "export"},
		Short:      "Copy a store to another, with all that remains",
		Long: `Copies every workspace of SRC to DST: for how long it is online, its URLs with the time
that remains to each, and its death if one is pending, with its deadline and how often it
was handed out. Then both are compared. SRC is only read.

DST may know workspaces already. No life there is shortened and no death that was handed
out is touched, so the command can be interrupted, and run again: what was copied before
changes nothing, what has changed in SRC follows.

Leases, holds, pauses and the workspaces that were restarted a moment ago stay behind. A
death that a monitor of SRC holds is delayed in DST until its lease ends. The first
monitor of a new store waits for one TTL before it hands a death out.

Only one process at a time can open a file: stop the platform that has it open. The order of steps:

  1. liveness pause --store SRC, and with the same reason --store DST if monitors run there
  2. liveness copy SRC DST, while workspaces are still heard from in SRC
  3. point the platform at DST
  4. liveness copy SRC DST once more, for what was heard in between
  5. liveness resume --store DST

A workspace that dies in SRC between 2 and 4 is a death in DST. One that was cleared in
SRC after it was copied must be cleared in DST by hand.

The exit code is 1 if DST knows less of a workspace than SRC.`,
		Example: `  liveness copy redis://localhost:6379/0 bolt:edge.db
  liveness copy bolt:///var/lib/edge.db redis://localhost:6379/0 --json
  liveness copy redis://old:6379/0 redis://new:6379/0 --compare`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("wants two stores, SRC and DST, and received %d", len(args))
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		PreRunE: func(c *cobra.Command, args []string) error {
			switch {
			case c.Flags().Changed("store"):
				return usagef("--store names one store, and copy takes two: liveness copy SRC DST")
			case o.tolerance < time.Millisecond || o.tolerance > store.MaxTTL:
				return usagef("--tolerance is %v, want %v to %v", o.tolerance, time.Millisecond, store.MaxTTL)
			case o.toPrefix == "":
				o.toPrefix = a.prefix
			}
			if a.prefix == o.toPrefix && sameStore(args[0], args[1]) {
				return usagef("SRC and DST are one store: want two")
			}
			return errors.Join(refuseMemory(args[0]), refuseMemory(args[1]))
		},
		RunE: func(c *cobra.Command, args []string) error { return a.copy(c.Context(), args[0], args[1], o) },
	}
	f := c.Flags()
	f.StringVar(&o.toPrefix, "to-prefix", "", "`text` before every key of DST (default: that of --prefix)")
	f.BoolVar(&o.compare, "compare", false, "copy nothing, only compare")
	f.DurationVar(&o.tolerance, "tolerance", transfer.Tolerance, "`time` by which an end in DST may be earlier")
	return c
}

// sameStore reports whether two URLs name one store, as far as they tell.
func sameStore(a, b string) bool {
	from, fromFile := boltPath(a)
	to, toFile := boltPath(b)
	if !fromFile || !toFile {
		x, errX := url.Parse(a)
		y, errY := url.Parse(b)
		return a == b || errX == nil && errY == nil && x.Scheme == y.Scheme && x.Host == y.Host && x.Path == y.Path && x.RawQuery == y.RawQuery
	}
	x, errX := os.Stat(from)
	y, errY := os.Stat(to)
	return filepath.Clean(from) == filepath.Clean(to) || errX == nil && errY == nil && os.SameFile(x, y)
}

func (a *app) copy(ctx context.Context, from, to string, o copying) (err error) {
	src, err := a.openAt(ctx, from, a.prefix, backends.Options{})
	if err != nil {
		return sideError("SRC", err)
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	a.warnUnwritten(ctx, from, a.prefix)
	dst, err := a.openDestination(ctx, to, o)
	if err != nil {
		return sideError("DST", err)
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	var tally transfer.Tally
	if !o.compare {
		if same, err := transfer.Same(ctx, src, dst); err != nil {
			return sideError("DST", err)
		} else if same {
			return usagef("SRC and DST are one store: want two")
		}
		if tally, err = a.transfer(ctx, src, dst); err != nil {
			return err
		}
	}
	report, err := transfer.Verify(ctx, src, dst, o.tolerance, func(n int) { a.progress("%d workspaces compared", n) })
	if err != nil {
		return fmt.Errorf("not compared: %w", err)
	}
	return a.compared(tally, report, o)
}

// sideError says of which of the two stores an error is.
func sideError(side string, err error) error {
	return fmt.Errorf("%s: %w", side, &unprefixed{err})
}

// unprefixed is an error whose text leaves out the name of the program.
type unprefixed struct{ error }

func (u *unprefixed) Error() string { return strings.TrimPrefix(u.error.Error(), "liveness: ") }
func (u *unprefixed) Unwrap() error { return u.error }

// openDestination opens DST. A file that is absent is made.
func (a *app) openDestination(ctx context.Context, to string, o copying) (store.LivenessStore, error) {
	if path, ok := boltPath(to); ok && !o.compare {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return backends.Open(ctx, to, backends.Options{KeepDeaths: longestKept})
		}
	}
	return a.openAt(ctx, to, o.toPrefix, backends.Options{})
}

// transfer copies, and tells how far it has come once in a second.
func (a *app) transfer(ctx context.Context, src, dst store.LivenessStore) (transfer.Tally, error) {
	all, err := store.Count(ctx, src)
	if err != nil {
		return transfer.Tally{}, err
	}
	told := time.Now()
	tally, err := transfer.Copy(ctx, src, dst, func(t transfer.Tally) {
		if time.Since(told) >= time.Second {
			told = time.Now()
			a.progress("%d workspaces copied, of about %d (%.0f a second)", t.Workspaces, all, rate(t))
		}
	})
	if err != nil {
		return tally, fmt.Errorf("%w; %d workspaces are in DST, which can be used: run the same command again to go on", err, tally.Workspaces)
	}
	return tally, nil
}

func (a *app) progress(format string, args ...any) {
	fmt.Fprintf(a.stderr, format+"\n", args...)
}

func rate(t transfer.Tally) float64 { return float64(t.Workspaces) / max(t.Took.Seconds(), 1e-3) }

// compared writes the end of a copy.
func (a *app) compared(t transfer.Tally, r transfer.Report, o copying) error {
	const most = 20
	for i, d := range r.Differences {
		if i == most {
			a.progress("%d more differ", len(r.Differences)-most)
			break
		}
		a.progress("%s: %s", plain(d.ID), plain(d.What))
	}
	counts := fmt.Sprintf("%d the same, at most %v apart; %d heard from later in DST; %d in DST alone; %d differ",
		r.Same, r.Farthest.Round(time.Millisecond), r.Later, r.Extra, len(r.Differences))
	copied := ""
	if !o.compare {
		copied = fmt.Sprintf("%d workspaces in %v (%.0f a second): %d online, %d dead, %d URLs", t.Workspaces, span(t.Took), rate(t), t.Online, t.Dead, t.URLs)
	}
	left := ""
	if t.LeftOut > 0 {
		left = fmt.Sprintf("%d URLs that no store takes, such as one without a scheme", t.LeftOut)
	}
	value := struct {
		Copied   *transfer.Tally `json:"copied,omitempty"`
		Compared transfer.Report `json:"compared"`
	}{Compared: r}
	if !o.compare {
		value.Copied = &t
	}
	if err := a.details(value, "copied", copied, "left out", left, "compared", counts); err != nil {
		return err
	}
	if n := len(r.Differences); n > 0 {
		return fmt.Errorf("DST knows less than SRC of %d workspaces: run the same command again, and look at those that still differ", n)
	}
	return nil
}

package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/cmd/liveness/internal/verify"
	"github.com/molecule-ai/liveness/conformance"
)

const aboutVerify = `Runs the conformance suite of this module where the platform keeps its data, so that
your own server, your network and your disk are tried: every clause of the contract by a
story that fails on a store which breaks it. It takes one to two minutes.

The data of the platform is not touched. On a server all keys begin with
liveness-verify- and a word of this run; for a file the run makes a directory
liveness-verify-… beside it, on the same disk. Both are removed at the end, also after
Ctrl-C. Meanwhile a server has hundreds of connections and some megabytes more, and this
program takes up to a gigabyte of memory.

Progress is told on standard error. For each failure the table has the step that failed
and the text of the clause; the clauses are in the documents of the packages store and
store/driver. A check is unjudged if this machine, or the way to the store, was too slow
for it. With --json the answer is an object with where, passed, failed, unjudged,
skipped, took and checks, each with its clause, name, outcome, reason and took.

Exit codes: 0 the store keeps the contract; 1 it does not, or a check is unjudged, or none
ran; 2 wrong usage.`

func newVerify(a *app) *cobra.Command {
	var cfg verify.Config
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check your own server or disk against the contract",
		Long:  aboutVerify,
		Example: `  liveness verify --store redis://localhost:6379/0
  liveness verify --store bolt:/var/lib/edge.db --short
  liveness verify --clause C11,R5 --json`,
		Args: noArgs,
		PreRunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("prefix") {
				return usagef("--prefix is of no use: each run has one of its own")
			}
			if err := cfg.Validate(); err != nil {
				return usageError{err.Error()}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return a.verify(c.Context(), cfg) },
	}
	c.Flags().StringSliceVar(&cfg.Clauses, "clause", nil, "`clauses` to check, such as C7, or keys of checks (default: all)")
	c.Flags().BoolVar(&cfg.Short, "short", false, "fewer workspaces, and one store instead of two in turns")
	return c
}

func (a *app) verify(ctx context.Context, cfg verify.Config) error {
	place, err := a.placeToVerify()
	if err != nil {
		return err
	}
	cfg.Place = place
	progress := &checksEnded{w: a.stderr, terminal: isTerminal(a.stderr), began: time.Now()}
	cfg.Began = func() { fmt.Fprintf(a.stderr, "The run uses %s\n", plain(place.Where())) }
	cfg.Ended = progress.ended
	r, err := verify.Run(ctx, cfg)
	progress.end()
	if len(r.Checks) > 0 {
		write := r.WriteTable
		if a.json {
			write = func(io.Writer) error { return a.object(r) }
		}
		err = errors.Join(err, write(a.stdout))
	}
	switch {
	case err != nil:
		return err
	case r.Failed > 0:
		return fmt.Errorf("%d of %d checks failed: the store does not keep %s", r.Failed, len(r.Checks), strings.Join(r.Broken(), ", "))
	case r.Unjudged > 0:
		return fmt.Errorf("%d of %d checks could not be judged, because calls returned too late: run it again when this machine and the store are less busy", r.Unjudged, len(r.Checks))
	case r.Passed == 0:
		return errors.New("no check ran: all were skipped, as the table says")
	}
	return nil
}

// placeToVerify returns a place of its own where the store of the platform is.
func (a *app) placeToVerify() (verify.Place, error) {
	raw, err := a.storeURL()
	if err != nil {
		return nil, err
	}
	if path, ok := boltPath(raw); ok {
		return verify.Beside(path)
	}
	if scheme, _, _ := strings.Cut(raw, ":"); strings.EqualFold(scheme, "memory") {
		return verify.Memory{}, nil
	}
	return &verify.Server{
		URL:    raw,
		Prefix: "liveness-verify-" + strings.ToLower(rand.Text()[:12]) + ":",
		Delete: func(ctx context.Context, prefix string) error { return deleteKeys(ctx, "verify", raw, prefix) },
	}, nil
}

// checksEnded tells how far a run is: on a terminal on one line, elsewhere now and then.
type checksEnded struct {
	w              io.Writer
	terminal       bool
	began          time.Time
	failed, tenths int
}

func (p *checksEnded) ended(r conformance.Result, n, of int) {
	if r.Outcome == conformance.Failed && !r.Unjudged() {
		p.failed++
	}
	text := fmt.Sprintf("%3d of %d checks, %d failed, %v", n, of, p.failed, time.Since(p.began).Round(time.Second))
	if p.terminal {
		fmt.Fprintf(p.w, "\r%s\x1b[K", text)
		return
	}
	if tenths := 10 * n / of; tenths > p.tenths {
		p.tenths = tenths
		fmt.Fprintln(p.w, text)
	}
}

// end leaves the line to what follows.
func (p *checksEnded) end() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

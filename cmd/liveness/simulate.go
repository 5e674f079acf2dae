package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/cmd/liveness/internal/simulate"
	"github.com/molecule-ai/liveness/internal/pictures"
	"github.com/molecule-ai/liveness/store"
)

const aboutSimulate = `Replays the incident of a liveness TTL that is too short. A fleet sends a
heartbeat every 30 s; its busy leaders stall for 60 to 120 s now and then; a few
workspaces really die. Monitors watch the fleet, and each workspace that they
report is restarted. The fleet lives four times: with a TTL of 60 s, with 180 s,
with 60 s where leaders announce their stalls, and with 60 s where a Probe is
asked before a death is reported. A table shows what was reported.

  liveness simulate
  liveness simulate --monitors 3 --kill-monitor
  liveness simulate --outage 15m
  liveness simulate --store bolt:edge.db --seed 7
  liveness simulate --store redis://localhost:6379/0 --json
  liveness simulate --picture gateway-10m

With --kill-monitor the middle one of the deaths kills the monitor that it was
handed to: that monitor neither handles the death nor talks to the store again,
and another takes over when the lease of 30 s has ended.

In an outage the store refuses every call, in the middle of the time. It is long
enough for a grace, which takes more than 3 s of real time or half of a TTL
without a sweep. Everything is as much faster as the fleet: TTLs, leases, waits
and, down to 10 ms of real time, sweeps.

With --picture the fleet lives once, with a TTL of 180 s, through a situation
that a monitor must judge rightly; --picture list lists them. Of the options
--store, --workspaces, --speed, --seed, --monitors and --json apply.

A Redis may be in use, also by another simulation: each has keys of its own and
deletes them at the end. A file must not exist, or must be one that a simulation
made. Progress is told on standard error. Ctrl-C ends with the table so far.
Exit codes: 0 done; 1 failed, or more than 1 % of the workspaces or of the time
had to be left out because the machine or the store was too slow; 2 wrong usage.

`

func runSimulate(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("simulate", flag.ContinueOnError)
	url := f.String("store", "memory:", "`URL` of the store, as in the examples above")
	workspaces := f.Int("workspaces", 200, "`number` of workspaces")
	leaders := f.Int("leaders", 4, "`number` of them that are busy leaders")
	deaths := f.Int("deaths", 5, "`number` of the others that die")
	duration := f.Duration("duration", 40*time.Minute, "`time` that passes in the fleet, each time that it lives")
	speed := f.Int("speed", 240, "`factor` by which the fleet's time is faster")
	seed := f.Uint64("seed", 1, "`number` from which stalls and deaths are drawn")
	monitors := f.Int("monitors", 1, "`number` of monitors")
	kill := f.Bool("kill-monitor", false, "kill a monitor while it holds a report; others take over")
	outage := f.Duration("outage", 0, "`time` in the middle for which the store refuses every call")
	picture := f.String("picture", "", "`name` of a picture to run instead, or list")
	asJSON := f.Bool("json", false, "write one JSON document instead of the table")
	if code, ok := parse(f, args, aboutSimulate, stdout, stderr); !ok {
		return code
	}
	config := simulate.Config{
		Workspaces:  *workspaces,
		Leaders:     *leaders,
		Deaths:      *deaths,
		Speed:       *speed,
		Duration:    *duration,
		Seed:        *seed,
		Monitors:    *monitors,
		KillMonitor: *kill,
		Outage:      *outage,
		Store:       backends.Redact(*url),
		Open: func(ctx context.Context, ttls store.TTLs) (store.LivenessStore, error) {
			return openSimulated(ctx, *url, ttls)
		},
		Progress: stderr,
		Terminal: isTerminal(stderr),
	}
	run := func() (report, error) { return simulate.Run(ctx, config) }
	err := config.Validate()
	if *picture == "list" {
		fmt.Fprint(stdout, pictures.Names())
		return exitOK
	}
	if *picture != "" {
		p, known := pictures.Named(*picture)
		if !known {
			fmt.Fprintf(stderr, "liveness simulate: --picture is %q, want one of\n%s", *picture, pictures.Names())
			return exitUsage
		}
		config.Leaders, config.Deaths = 0, 0
		run = func() (report, error) { return simulate.RunPicture(ctx, config, p) }
		err = errors.Join(without(f, "leaders", "deaths", "duration", "kill-monitor", "outage"), config.Validate())
	}
	if err == nil {
		err = checkFile(*url)
	}
	if err != nil {
		fmt.Fprintf(stderr, "liveness simulate: %v\n", err)
		return exitUsage
	}
	r, err := run()
	if r.Any() {
		write := r.WriteTable
		if *asJSON {
			write = r.WriteJSON
		}
		err = errors.Join(err, write(stdout))
	}
	if err != nil {
		fmt.Fprintf(stderr, "liveness simulate: %v\n", err)
	}
	switch {
	case errors.Is(err, store.ErrInvalid):
		return exitUsage
	case err != nil || !r.Trusted():
		return exitFailed
	}
	return exitOK
}

// report is what a simulation has shown.
type report interface {
	Any() bool // something was seen
	Trusted() bool
	WriteTable(w io.Writer) error
	WriteJSON(w io.Writer) error
}

// without returns an error if one of the options was given.
func without(f *flag.FlagSet, names ...string) (err error) {
	f.Visit(func(o *flag.Flag) {
		if slices.Contains(names, o.Name) {
			err = fmt.Errorf("--%s is of no use with --picture", o.Name)
		}
	})
	return err
}

// openSimulated opens the store of one run, so that it neither meets the data
// of others nor leaves any.
func openSimulated(ctx context.Context, url string, ttls store.TTLs) (store.LivenessStore, error) {
	prefix := "liveness-simulate:" + strings.ToLower(rand.Text()[:12]) + ":"
	ttls.URL = store.MaxTTL // of the mark
	s, err := backends.Open(ctx, url, backends.Options{TTLs: ttls, Prefix: prefix})
	if err != nil {
		return nil, err
	}
	scheme, _, _ := strings.Cut(strings.ToLower(url), ":")
	switch scheme {
	case "memory":
		return s, nil
	case "bolt":
		if err := leave(ctx, s); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		return s, nil
	}
	return &temporary{LivenessStore: s, url: url, prefix: prefix}, nil
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

package command

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

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

With --kill-monitor the middle one of the deaths kills the monitor that it was
handed to: that monitor neither handles the death nor talks to the store again,
and another takes over when the lease of 30 s has ended.

In an outage the store refuses every call, in the middle of the time. It must be
long enough to begin a grace: longer than 3 s of real time or half of a TTL,
whichever is less. Everything is as much faster as the fleet: TTLs, leases, waits
and, down to 10 ms of real time, sweeps.

With --picture the fleet lives once, with a TTL of 180 s, through a situation
that a monitor must judge rightly; --picture list lists them. Of the options
--store, --workspaces, --speed, --seed, --monitors and --json apply.

LIVENESS_STORE is not used. A Redis named by --store may be in use, also by another
simulation: each has keys of its own and deletes them at the end. A file must not
exist, or must be one that a simulation made. Progress is told on standard error.
Ctrl-C ends with the table so far.

Exit codes: 0 done; 1 failed, or more than 1 % of the workspaces or of the time
had to be left out because the machine or the store was too slow; 2 wrong usage.`

// simulation is the command line of a simulation.
type simulation struct {
	simulate.Config
	url, picture string
}

func newSimulate(a *app) *cobra.Command {
	var s simulation
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Replay a fleet with stalling leaders and real deaths against a store",
		Long:  aboutSimulate,
		Example: `  liveness simulate
  liveness simulate --monitors 3 --kill-monitor
  liveness simulate --outage 15m
  liveness simulate --store bolt:simulate.db --seed 7
  liveness simulate --store redis://localhost:6379/0 --json
  liveness simulate --picture gateway-10m`,
		Args: noArgs,
		PreRunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("prefix") {
				return usagef("--prefix is of no use: each simulation has one of its own")
			}
			for _, name := range []string{"leaders", "deaths", "duration", "kill-monitor", "outage"} {
				if s.picture != "" && c.Flags().Changed(name) {
					return usagef("--%s is of no use with --picture", name)
				}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c.Context(), a) },
	}
	f := c.Flags()
	f.StringVar(&s.url, "store", "memory:", "`URL` of the store, as in the examples above")
	f.IntVar(&s.Workspaces, "workspaces", 200, "`number` of workspaces")
	f.IntVar(&s.Leaders, "leaders", 4, "`number` of them that are busy leaders")
	f.IntVar(&s.Deaths, "deaths", 5, "`number` of the others that die")
	f.DurationVar(&s.Duration, "duration", 40*time.Minute, "`time` that passes in the fleet, each time that it lives")
	f.IntVar(&s.Speed, "speed", 240, "`factor` by which the fleet's time is faster")
	f.Uint64Var(&s.Seed, "seed", 1, "`number` from which stalls and deaths are drawn")
	f.IntVar(&s.Monitors, "monitors", 1, "`number` of monitors")
	f.BoolVar(&s.KillMonitor, "kill-monitor", false, "kill a monitor while it holds a report; others take over")
	f.DurationVar(&s.Outage, "outage", 0, "`time` in the middle for which the store refuses every call")
	f.StringVar(&s.picture, "picture", "", "`name` of a picture to run instead, or list")
	return c
}

func (s *simulation) run(ctx context.Context, a *app) error {
	if s.picture == "list" {
		_, err := io.WriteString(a.stdout, pictures.Names())
		return err
	}
	s.Store, s.Progress, s.Terminal = backends.Redact(s.url), a.stderr, isTerminal(a.stderr)
	s.Open = func(ctx context.Context, ttls store.TTLs) (store.LivenessStore, error) {
		return openSimulated(ctx, s.url, ttls)
	}
	run := func() (report, error) { return simulate.Run(ctx, s.Config) }
	if s.picture != "" {
		p, known := pictures.Named(s.picture)
		if !known {
			return usagef("--picture is %q, want one of\n%s", s.picture, pictures.Names())
		}
		s.Leaders, s.Deaths = 0, 0
		run = func() (report, error) { return simulate.RunPicture(ctx, s.Config, p) }
	}
	if err := s.Validate(); err != nil {
		return usageError{err.Error()}
	}
	if err := checkFile(s.url); err != nil {
		return err
	}
	r, err := run()
	if r.Any() {
		write := r.WriteTable
		if a.json {
			write = r.WriteJSON
		}
		err = errors.Join(err, write(a.stdout))
	}
	if err == nil && !r.Trusted() {
		return errReported
	}
	return err
}

// report is what a simulation has shown.
type report interface {
	Any() bool // something was seen
	Trusted() bool
	WriteTable(w io.Writer) error
	WriteJSON(w io.Writer) error
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

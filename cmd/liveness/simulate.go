package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/cmd/liveness/internal/simulate"
	"github.com/molecule-ai/liveness/store"
)

const aboutSimulate = `Replays the incident of a liveness TTL that is too short. A fleet sends a
heartbeat every 30 s; its busy leaders stall for 60 to 120 s now and then; a few
workspaces really die. Monitors watch it, and whoever they report is restarted.
The fleet lives once with a TTL of 60 s and once with 180 s, and a table shows
what was reported.

  liveness simulate
  liveness simulate --monitors 3 --kill-monitor
  liveness simulate --outage 15m
  liveness simulate --store bolt:edge.db --seed 7
  liveness simulate --store redis://localhost:6379/0 --json

With --kill-monitor the middle one of the deaths kills the monitor that it was
handed to: that one neither handles it nor talks to the store again, and another
takes over when the lease of 30 s has ended.

In an outage the store refuses every call, in the middle of the time. A grace
follows, which takes more than 3 s without a sweep in real time, however fast
the fleet lives: an --outage has to be longer than 3 s times --speed, 12 min by
default. Everything else is as much faster as the fleet: TTLs, leases, waits
and, down to 10 ms of real time, sweeps.

A Redis may be in use, but not by another simulation: this one has keys of its
own and clears its fleet at the end. A file must not be open elsewhere. Ctrl-C
ends with the table so far.
Exit codes: 0 done; 1 failed, or more than 1 % of the workspaces or of the time
had to be left out because the machine or the store was too slow; 2 wrong usage.

`

// simulatePrefix keeps the simulation away from the keys of a real fleet that
// lives on the same Redis, and with the TTL from what monitors left there of
// one with other TTLs: the longest in use.
func simulatePrefix(ttls store.TTLs) string {
	return fmt.Sprintf("liveness-simulate:%v:", ttls.Liveness)
}

func runSimulate(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("simulate", flag.ContinueOnError)
	url := f.String("store", "memory:", "`URL` of the store, as in the examples above")
	workspaces := f.Int("workspaces", 200, "`number` of workspaces")
	leaders := f.Int("leaders", 4, "`number` of them that are busy leaders")
	deaths := f.Int("deaths", 5, "`number` of the others that die")
	duration := f.Duration("duration", 40*time.Minute, "`time` that passes in the fleet, for each TTL")
	speed := f.Int("speed", 240, "`factor` by which the fleet's time is faster")
	seed := f.Uint64("seed", 1, "`number` from which stalls and deaths are drawn")
	monitors := f.Int("monitors", 1, "`number` of monitors")
	kill := f.Bool("kill-monitor", false, "kill a monitor while it holds a report; others take over")
	outage := f.Duration("outage", 0, "`time` in the middle for which the store refuses every call")
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
			return backends.Open(ctx, *url, backends.Options{TTLs: ttls, Prefix: simulatePrefix(ttls)})
		},
		Progress: terminal(stderr),
	}
	if err := config.Validate(); err != nil {
		fmt.Fprintf(stderr, "liveness simulate: %v\n", err)
		return exitUsage
	}
	report, err := simulate.Run(ctx, config)
	write := report.WriteTable
	if *asJSON {
		write = report.WriteJSON
	}
	if len(report.Runs) > 0 || report.Interrupted {
		if failed := write(stdout); err == nil {
			err = failed
		}
	}
	if err != nil {
		fmt.Fprintf(stderr, "liveness simulate: %v\n", err)
	}
	switch {
	case errors.Is(err, store.ErrInvalid):
		return exitUsage
	case err != nil || !report.Trusted():
		return exitFailed
	}
	return exitOK
}

// terminal returns w if somebody is looking at it and nil otherwise.
func terminal(w io.Writer) io.Writer {
	f, ok := w.(*os.File)
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return f
}

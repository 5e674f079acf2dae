package command

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

func newWatch(a *app) *cobra.Command {
	var interval time.Duration
	c := &cobra.Command{
		Use:   "watch",
		Short: "Tell what happens, as it happens",
		Long: `Tells which workspaces come online and go offline, the fate of each death, and what
the monitors agree on, until Ctrl-C. It reads the store every --interval and tells the
differences, so it misses what comes and goes in between. It claims nothing and writes
nothing. It goes on when the store does not answer, and says so.

A look walks through all keys of the store. One that takes long is followed by a rest of
nine times as long, so that looks take at most a tenth of the time.

The events: online, offline; ready, leased and delayed, of a death; handled, of a death
that was leased and is over; gone, of another one that is over; came back, of one whose
workspace is online again; paused, resumed, hold began, hold ended, grace began, leader;
store lost, store back.

Only one process at a time can open a file, so it cannot be watched beside its platform.

With --json each event is an object with kind, time, id, attempt, reason and until.`,
		Example: `  liveness watch --store redis://localhost:6379/0
  liveness watch --interval 5s --json`,
		Args: noArgs,
		PreRunE: func(*cobra.Command, []string) error {
			const least = 100 * time.Millisecond
			if interval < least {
				return usagef("--interval is %v, want %v or more", interval, least)
			}
			raw, err := a.storeURL()
			if _, file := boltPath(raw); file {
				return usagef("only one process at a time can open a file: while it is watched its platform cannot open it")
			}
			return err
		},
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withMonitor(c.Context(), func(s store.LivenessStore, m *monitor.Monitor) error {
				return watch(c.Context(), a, s, m, interval)
			})
		},
	}
	c.Flags().DurationVar(&interval, "interval", time.Second, "`time` between two looks, at least")
	return c
}

// watch tells events until ctx has ended. Only the first look may fail.
func watch(ctx context.Context, a *app, s store.LivenessStore, m *monitor.Monitor, interval time.Duration) error {
	began := time.Now()
	last, err := takeSnapshot(ctx, s, m)
	if err != nil {
		return err
	}
	pause := rest(interval, time.Since(began))
	slow := only(pause > interval, "; a look takes %s, so one follows after %s", span(time.Since(began)), span(pause))
	fmt.Fprintf(a.stderr, "%d online, %d deaths pending%s; Ctrl-C ends\n", len(last.online), len(last.deaths), slow)
	lost := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		began = time.Now()
		next, err := takeSnapshot(ctx, s, m)
		pause = rest(interval, time.Since(began))
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && lost:
			pause = interval
			continue
		case err != nil:
			lost, pause = true, interval
			err = a.event(monitor.Event{Kind: monitor.StoreLost, Reason: err.Error()})
		default:
			err = a.events(last.changes(next, lost))
			last, lost = next, false
		}
		if err != nil {
			return err
		}
	}
}

// rest returns how long to wait after a look that took so long: looks begin at the
// interval, and take at most a tenth of the time.
func rest(interval, took time.Duration) time.Duration {
	const part = 10
	return max(interval-took, (part-1)*took)
}

func (a *app) events(all []monitor.Event) error {
	for _, e := range all {
		if err := a.event(e); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) event(e monitor.Event) error {
	e.Time = time.Now()
	if a.json {
		return a.object(e)
	}
	parts := []string{e.Time.Format(time.TimeOnly), fmt.Sprintf("%-10s", e.Kind)}
	for _, part := range []string{
		e.ID,
		only(e.Attempt > 0, "attempt %d", e.Attempt),
		only(!e.Until.IsZero(), "until %s", at(e.Until)),
		e.Reason,
	} {
		if part != "" {
			parts = append(parts, plain(part))
		}
	}
	_, err := fmt.Fprintln(a.stdout, strings.TrimRight(strings.Join(parts, "  "), " "))
	return err
}

package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/cmd/liveness/internal/doctor"
	"github.com/molecule-ai/liveness/store"
)

func newDoctor(a *app) *cobra.Command {
	var o doctor.Options
	timeout := time.Minute
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Find faults that break liveness, and say how to mend them",
		Long: `Examines a store for faults that break liveness without an error, and says how to mend
them. It changes nothing, and the platform may go on using the store. Name the TTLs of
the platform, for they are not in the store.

Of Redis, each master: whether it answers, how fast, its version, eviction, memory,
persistence, clock, replicas, the rights of the user; whether it takes writes; other
data under the prefix; remaining lives that fit no TTL; the Cluster; the sentinels. Of
a file: its owner, lock, disk and space, whether every page and record is whole, pages
that hold nothing, and the clock.

Each finding is ok, unknown (the user may not ask), warning (a likely event breaks
liveness) or wrong. The exit code is 1 if one is wrong, or if the time was up before all
was examined.

With --json each finding is an object with check, where, level, saw and mend.`,
		Example: `  liveness doctor --store redis://user:password@host:6379/0 --heartbeat 30s
  liveness doctor --store bolt:edge.db --ttl 3m --json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.Prefix = a.prefix
			return examine(c.Context(), a, o, timeout)
		},
	}
	c.Flags().DurationVar(&o.TTLs.Liveness, "ttl", store.DefaultLivenessTTL, "`time` without a heartbeat after which a workspace is offline")
	c.Flags().DurationVar(&o.TTLs.Heartbeat, "heartbeat", 0, "`time` between two heartbeats of a workspace (default: a sixth of --ttl)")
	c.Flags().DurationVar(&o.CallTimeout, "call-timeout", 0, "`time` that a call of the platform waits for Redis (default 3s)")
	c.Flags().DurationVar(&timeout, "timeout", timeout, "`time` in which all must be examined")
	return c
}

func examine(ctx context.Context, a *app, o doctor.Options, timeout time.Duration) error {
	raw, err := a.storeURL()
	if err != nil {
		return err
	}
	switch {
	case timeout <= 0:
		return usagef("--timeout is %v, want more than 0", timeout)
	case o.TTLs.Heartbeat < 0:
		return usagef("--heartbeat is %v, want more than 0", o.TTLs.Heartbeat)
	}
	if scheme, _, _ := strings.Cut(raw, ":"); strings.EqualFold(scheme, "memory") {
		return usagef("memory: is the memory of one process, in which there is nothing to examine; name a file or a server, such as bolt:edge.db or redis://localhost:6379/0")
	}
	if err := checkURL(raw, o); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var findings []doctor.Finding
	if path, ok := boltPath(raw); ok {
		findings = doctor.File(ctx, path, o)
	} else if findings, err = doctor.Redis(ctx, raw, o); err != nil {
		return err
	}
	if errors.Is(context.Cause(ctx), context.Canceled) {
		return context.Canceled
	}
	err = prescribe(a, findings)
	if ctx.Err() != nil {
		return fmt.Errorf("not all could be examined in %v", timeout)
	}
	return err
}

// checkURL returns the error of a URL or an option with which no store opens. It
// opens none: the context is done.
func checkURL(raw string, o doctor.Options) error {
	done, cancel := context.WithCancel(context.Background())
	cancel()
	s, err := backends.Open(done, raw, backends.Options{Prefix: o.Prefix, Timeout: o.CallTimeout, Lazy: true})
	if s != nil {
		return s.Close()
	}
	if !errors.Is(err, store.ErrInvalid) {
		return nil // it is about the server or the file, which are examined
	}
	return err
}

// prescribe writes the findings: first those that are ok, last those that are wrong.
func prescribe(a *app, findings []doctor.Finding) error {
	t := a.table("CHECK", "WHERE", "FOUND")
	count := make(map[doctor.Level]int)
	for _, f := range findings {
		count[f.Level]++
		if a.json || f.Level == doctor.OK {
			if err := t.row(f, f.Check, f.Where, f.Saw); err != nil {
				return err
			}
		}
	}
	if err := t.end(); err != nil {
		return err
	}
	for _, level := range []doctor.Level{doctor.Unknown, doctor.Warning, doctor.Wrong} {
		for _, f := range findings {
			if f.Level == level && !a.json {
				fmt.Fprintf(a.stdout, "\n%s: %s\n  %s\n  To mend: %s\n", strings.ToUpper(string(level)), plain(strings.TrimSpace(f.Check+"  "+f.Where)), plain(f.Saw), plain(f.Mend))
			}
		}
	}
	summary := fmt.Sprintf("wrong %d, warnings %d, unknown %d, ok %d", count[doctor.Wrong], count[doctor.Warning], count[doctor.Unknown], count[doctor.OK])
	if count[doctor.Wrong] > 0 {
		return errors.New(summary)
	}
	if !a.json {
		fmt.Fprintf(a.stdout, "\n%s\n", summary)
	}
	return nil
}

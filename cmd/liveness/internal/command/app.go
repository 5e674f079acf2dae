package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/cmd/liveness/internal/doctor"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

// app is shared by the commands.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	url, prefix string // as typed
	json        bool
	began       bool   // the command line was right so far
	named       string // the URL of its store, where it has one
	warning     string // of a store that may be another than the platform's
}

// begin runs before each command.
func (a *app) begin(c *cobra.Command, _ []string) error {
	if err := errors.Join(c.ValidateRequiredFlags(), c.ValidateFlagGroups()); err != nil {
		return err
	}
	a.began = true
	return nil
}

// storeURL returns the URL of --store or of LIVENESS_STORE.
func (a *app) storeURL() (string, error) {
	if a.url != "" {
		return a.url, nil
	}
	if env := os.Getenv("LIVENESS_STORE"); env != "" {
		return env, nil
	}
	return "", usagef("no store is named; use --store URL or set LIVENESS_STORE, such as bolt:edge.db or redis://localhost:6379/0")
}

// longestKept is a KeepDeaths with which no look at a store drops a death.
const longestKept = 365 * 24 * time.Hour

// openAt opens the store at a URL, and the caller closes it. The store exists already and
// outlives this process: a file that is absent is not made, and memory: is refused.
func (a *app) openAt(ctx context.Context, raw, prefix string, o backends.Options) (store.LivenessStore, error) {
	if err := refuseMemory(raw); err != nil {
		return nil, err
	}
	if path, ok := boltPath(raw); ok {
		if err := refuseAbsent(path); err != nil {
			return nil, err
		}
	}
	o.Prefix, o.KeepDeaths = prefix, longestKept
	return backends.Open(ctx, raw, o)
}

func refuseAbsent(path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist; a platform makes it when it first opens it", path)
	}
	return nil
}

func refuseMemory(raw string) error {
	if scheme, _, _ := strings.Cut(raw, ":"); strings.EqualFold(scheme, "memory") {
		return usagef("memory: is the memory of one process, and this is another one; name a store that both can open, such as bolt:edge.db or redis://localhost:6379/0")
	}
	return nil
}

// with opens the store of the platform as openAt does, and closes it after use.
func (a *app) with(ctx context.Context, o backends.Options, use func(store.LivenessStore) error) error {
	raw, err := a.storeURL()
	if err != nil {
		return err
	}
	a.named = raw
	s, err := a.openAt(ctx, raw, a.prefix, o)
	if err != nil {
		return err
	}
	a.warnUnwritten(ctx, raw, a.prefix)
	return errors.Join(use(s), s.Close())
}

// warnUnwritten warns of a store on Redis in which no store has written yet.
func (a *app) warnUnwritten(ctx context.Context, raw, prefix string) {
	if _, file := boltPath(raw); file {
		return
	}
	if a.warning = doctor.Unwritten(ctx, raw, doctor.Options{Prefix: prefix}); a.warning != "" {
		fmt.Fprintf(a.stderr, "warning: %s. %s\n", plain(a.warning), doctor.PlatformToo)
	}
}

// withMonitor is with beside a monitor of the store that does not run: it reads the state
// that the others share, and gives orders.
func (a *app) withMonitor(ctx context.Context, use func(store.LivenessStore, *monitor.Monitor) error) error {
	return a.with(ctx, backends.Options{}, func(s store.LivenessStore) error {
		m, err := monitor.New(s, monitor.Config{})
		if err != nil {
			return err
		}
		return use(s, m)
	})
}

// boltPath returns the path of the file that a URL of package backends names.
func boltPath(raw string) (path string, ok bool) {
	u, err := url.Parse(raw)
	if err != nil || !strings.EqualFold(u.Scheme, "bolt") {
		return "", false
	}
	path, err = url.PathUnescape(u.Opaque)
	return path + u.Path, err == nil && path+u.Path != ""
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/cmd/liveness/internal/advise"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/store"
)

func newAdvise(a *app) *cobra.Command {
	var from string
	ttls := advise.TTLs()
	c := &cobra.Command{
		Use:   "advise",
		Short: "Tell what each liveness TTL would do to this fleet",
		Long: `Tells how close workspaces come to being declared dead. Monitors observe how long
each workspace is silent between two heartbeats, and keep the last seven days in the
store. From these follows how many living workspaces each TTL would restart per day,
and how late it notices a death.

Only one process at a time has a file, or its own memory. The monitor there tells
the same at the address of its health check: --from reads that, or a file with what it
answered.

With --json the answer is an object with ttl, observed, rows, advice and silences;
saved to a file, it can be read by --from. The exit code is 1 if too little was observed for advice.`,
		Example: `  liveness advise --store redis://localhost:6379/0
  liveness advise --from http://127.0.0.1:8080/healthz
  liveness advise --ttl 75s,100s --json --store bolt:edge.db`,
		Args: noArgs,
		PreRunE: func(*cobra.Command, []string) error {
			for _, ttl := range ttls {
				if ttl < advise.Shortest || ttl > advise.Longest {
					return usagef("--ttl has %v, want %v to %v", ttl, advise.Shortest, advise.Longest)
				}
			}
			if from != "" && a.url != "" {
				return usagef("--from and --store exclude each other")
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := a.silences(c.Context(), from)
			if err != nil {
				return err
			}
			return a.advise(advise.New(s, ttls))
		},
	}
	c.Flags().StringVar(&from, "from", "", "`URL` of a health check, or file with its answer, to read instead of the store")
	c.Flags().DurationSliceVar(&ttls, "ttl", ttls, "`TTLs` to judge")
	return c
}

// advise writes advice.
func (a *app) advise(given advise.Advice) error {
	write := given.WriteTable
	if a.json {
		write = func(io.Writer) error { return a.object(given) }
	}
	if err := write(a.stdout); err != nil {
		return err
	}
	if len(given.Rows) == 0 {
		return errReported
	}
	return nil
}

// silences returns those that the store has, or those from elsewhere.
func (a *app) silences(ctx context.Context, from string) (s monitor.Silences, err error) {
	if from != "" {
		return silencesFrom(ctx, from)
	}
	err = a.withMonitor(ctx, func(_ store.LivenessStore, m *monitor.Monitor) error {
		s, err = m.Silences(ctx)
		return err
	})
	return s, err
}

// silencesFrom reads the answer of a health check, or the JSON of this command.
func silencesFrom(ctx context.Context, from string) (monitor.Silences, error) {
	const most = 1 << 20
	body, err := openFrom(ctx, from)
	if err != nil {
		return monitor.Silences{}, err
	}
	defer body.Close()
	var answer struct{ Silences *monitor.Silences }
	if err := json.NewDecoder(io.LimitReader(body, most)).Decode(&answer); err != nil || answer.Silences == nil {
		return monitor.Silences{}, fmt.Errorf("%s is not the answer of a monitor's health check: it has no object \"silences\"", redacted(from))
	}
	if err := advise.Check(*answer.Silences); err != nil {
		return monitor.Silences{}, fmt.Errorf("%s: %w", redacted(from), err)
	}
	return *answer.Silences, nil
}

func openFrom(ctx context.Context, from string) (io.ReadCloser, error) {
	const answerTime = 10 * time.Second
	scheme, _, isURL := strings.Cut(from, "://")
	switch {
	case !isURL:
		return os.Open(from)
	case scheme != "http" && scheme != "https":
		return nil, usagef("--from is %s, want http://, https:// or a file", redacted(from))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, usagef("--from is %s, which is no URL", redacted(from))
	}
	client := http.Client{Timeout: answerTime}
	answer, err := client.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err // its URL has the password in it
		}
		return nil, fmt.Errorf("%s does not answer: %w", redacted(from), err)
	}
	return answer.Body, nil
}

// redacted returns where something is read from, without what may be secret.
func redacted(from string) string {
	if !strings.Contains(from, "://") {
		return from
	}
	if u, err := url.Parse(from); err == nil && u.Host != "" && strings.HasPrefix(u.Scheme, "http") {
		return u.Scheme + "://" + u.Host + u.Path
	}
	return backends.Redact(from)
}

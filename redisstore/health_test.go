package redisstore_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/redisstore"
)

// The log tells once that the server is away and once that it is back, whether
// commands go alone or together.
func TestAnOutageIsTwoLines(t *testing.T) {
	const rounds, calls = 2, 20
	ctx := context.Background()
	for name, call := range map[string]func(s *redisstore.Store) error{
		"one command":      func(s *redisstore.Store) error { return s.RefreshTTL(ctx, "a") },
		"several commands": func(s *redisstore.Store) error { _, err := s.RefreshMany(ctx, []string{"a", "b"}); return err },
		"either, in turn": func(s *redisstore.Store) error {
			_, _ = s.RefreshMany(ctx, []string{"a", "b"})
			return s.RefreshTTL(ctx, "a")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var log lines
			server, s := realServer(t, redisstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
			require.NoError(t, s.SetOnline(ctx, "a"))
			for round := 1; round <= rounds; round++ {
				server.Kill()
				for range calls {
					require.Error(t, call(s))
				}
				require.Equal(t, round, log.count("does not answer"))
				require.Equal(t, round-1, log.count("answers again"))
				server.Restart(t)
				require.Eventually(t, func() bool {
					_ = s.SetOnline(ctx, "a")
					return call(s) == nil
				}, 10*time.Second, 10*time.Millisecond)
				require.Equal(t, round, log.count("does not answer"))
				require.Equal(t, round, log.count("answers again"))
			}
		})
	}
}

// lines is a log of which lines are counted.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(with string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), with)
}

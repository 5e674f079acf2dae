package pipeline

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
)

// withLine returns a transport whose server has a line.
func withLine(t *testing.T, server *redistest.Server, o Options) (*Transport, *redis.Client) {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true})
	transport := closing(t, New(client, o), client)
	provide(t, transport)
	return transport, client
}

// provide makes calls until there is a line.
func provide(t *testing.T, transport *Transport) *loneConn {
	t.Helper()
	s := transport.KnownMasters()[0]
	require.Eventually(t, func() bool {
		_ = transport.do(context.Background(), To("k", "incr", "k"))
		return s.lone.Load() != nil
	}, enough, time.Millisecond, "there is no line")
	return s.lone.Load()
}

func TestALoneCallerIsSetFree(t *testing.T) {
	const moment = 100 * time.Millisecond
	ctx := context.Background()
	const never = time.Hour
	large := slices.Repeat([]any{strings.Repeat("x", 1<<20)}, 40)
	for name, c := range map[string]struct {
		timeout  time.Duration
		deadline time.Duration
		cancel   time.Duration
		want     error
		args     []any // of the command, beside its key
	}{
		"by its deadline":                 {never, moment, never, context.DeadlineExceeded, nil},
		"when it is cancelled":            {never, never, moment, context.Canceled, nil},
		"when it is cancelled in a write": {never, never, moment, context.Canceled, large},
		"by Options.Timeout":              {moment, never, never, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			o := options()
			o.Timeout = c.timeout
			transport, _ := withLine(t, server, o)
			before := server.Commands(t, "incr")
			server.Pause(t)
			call, cancel := context.WithTimeout(ctx, c.deadline)
			defer cancel()
			time.AfterFunc(c.cancel, cancel)
			free := make(chan error, 1)
			go func() { free <- transport.do(call, To("k", append([]any{"incr", "k"}, c.args...)...)) }()
			select {
			case err := <-free:
				require.Error(t, err)
			case <-time.After(enough):
				server.Resume(t)
				t.Fatal("the caller is not set free")
			}
			require.Equal(t, c.want, call.Err())
			if c.args == nil {
				require.Nil(t, transport.KnownMasters()[0].lone.Load(), "a line whose reply is not awaited is of no use")
			}
			server.Resume(t)
			require.Eventually(t, func() bool { return transport.do(ctx, To("k", "get", "k")) == nil }, enough, time.Millisecond)
			require.LessOrEqual(t, server.Commands(t, "incr"), before+1, "it was sent once")
			provide(t, transport)
		})
	}
}

func TestALineThatHasEndedFailsNoCall(t *testing.T) {
	ctx := context.Background()
	server := redistest.Start(t)
	var log lines
	o := options()
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	transport, _ := withLine(t, server, o)
	for range 20 {
		before := provide(t, transport)
		require.NoError(t, server.Client(t).Do(ctx, "client", "kill", "type", "normal").Err())
		require.NoError(t, transport.do(ctx, To("k", "incr", "k")))
		require.NotSame(t, before, transport.KnownMasters()[0].lone.Load())
	}
	require.Zero(t, log.count("does not answer"))
}

func TestCloseEndsALine(t *testing.T) {
	ctx := context.Background()
	server := redistest.Start(t)
	other := server.Client(t)
	clients := func() int { return strings.Count(other.ClientList(ctx).Val(), " addr=") }
	before := clients()
	transport, client := withLine(t, server, options())
	require.Equal(t, before+2, clients(), "one of the client, and the line")
	server.Pause(t)
	var calls sync.WaitGroup
	calls.Go(func() { _ = transport.do(ctx, To("k", "incr", "k")) })
	time.Sleep(10 * time.Millisecond)
	transport.Close(transport.Limit(ctx))
	calls.Wait()
	server.Resume(t)
	require.ErrorIs(t, transport.do(ctx, To("k", "incr", "k")), ErrClosed)
	client.Close()
	require.Eventually(t, func() bool { return clients() == before }, enough, time.Millisecond, "a connection stays open")
}

// What comes together is sent together, with a line or without.
func TestCallersWhoComeTogetherUseNoLine(t *testing.T) {
	const callers, each = 64, 200
	server := redistest.Start(t)
	transport, client := withLine(t, server, options())
	before := server.Commands(t, "incr")
	trips := new(trips)
	client.AddHook(trips)
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for range each {
				if err := transport.do(context.Background(), To("k", "incr", "k")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, before+callers*each, server.Commands(t, "incr"))
	require.Less(t, trips.lone.Load()+trips.pipes.Load(), int64(callers*each/4))
}

// The client of a Sentinel knows which connections to close when the master changes.
func TestTheClientOfASentinelHasNoLine(t *testing.T) {
	f := sentinel(t)
	transport := f.open(t, options())
	for range 4 * loneCalls {
		require.NoError(t, transport.do(context.Background(), To("k", "incr", "k")))
	}
	require.Nil(t, transport.KnownMasters()[0].lone.Load())
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

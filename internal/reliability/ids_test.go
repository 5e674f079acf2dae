package reliability

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/internal/reliability/kit"
	"github.com/molecule-ai/liveness/store"
)

// hostile are legal ids that look like something else: patterns, hash tags of a Cluster,
// paths, formats, Lua, numbers, other ids, and the same id in another case or form.
func hostile() []string {
	ids := []string{
		"*", "?", "[a-z]", "[", "]", "\\", "\\*", "{", "}", "{}", "{a}", "{a}b", "a{b}", "{{a}}", "}{",
		"..", ".", "/", "../../etc/passwd", "%s", "%d%n", "%00", "'", "\"", "`", "]]", "--", "';return 1--", "$0", "${HOME}",
		"0", "-1", "1e9", "nil", "null", "true", "NaN", "online", "ws", "deadlines", "layout", "urls", "internal_urls", "stamp",
		"a", "A", "a.", "\u00e1", "a\u0301", "\uff41", "\u200b", "\u202ea", "\U0001f600", "\ufeff", "agent-1", "agent-10", "agent-1-",
		"@", "#", "&", "=", ";", ",", "|", "<", ">", "~", "^", "!", "+", "-", "_", "http://a", "redis", "GET", "\u00ff",
	}
	for _, n := range []int{63, 64, store.MaxIDLen - 1, store.MaxIDLen} {
		ids = append(ids, strings.Repeat("x", n), strings.Repeat("y", n-1)+"*")
	}
	legal := ids[:0]
	for _, id := range ids {
		if store.CheckID(id) == nil {
			legal = append(legal, id)
		}
	}
	return legal
}

// refused are ids that no store accepts.
func refused() []string {
	return []string{"", ":", "a:b", " ", "a b", "a\nb", "a\r\nSET b", "\x00", "a\x00", "\xff", "a\x7f", "\u0085", strings.Repeat("x", store.MaxIDLen+1)}
}

// keptApart has every other hostile id online, each with a URL of its own, looks at all,
// ends half of them and looks again. It returns how often it looked.
func keptApart(t testing.TB, s store.LivenessStore) (looks int) {
	ctx := t.Context()
	ids := hostile()
	url := func(i int) string { return fmt.Sprint("http://host/", i) }
	look := func(living func(i int) bool) {
		online := 0
		for i, id := range ids {
			is, err := s.IsOnline(ctx, id)
			require.NoError(t, err)
			require.Equal(t, living(i), is, "%q", id)
			got, err := s.GetCachedURL(ctx, id)
			if !living(i) {
				require.ErrorIs(t, err, store.ErrNotFound, "%q", id)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, url(i), got, "%q", id)
			online++
			looks++
		}
		n, err := store.Count(ctx, s)
		require.NoError(t, err)
		require.Equal(t, online, n)
		for status, err := range store.Online(ctx, s) {
			require.NoError(t, err)
			require.Contains(t, ids, status.ID)
			online--
		}
		require.Zero(t, online)
	}
	for i, id := range ids {
		if i%2 == 0 {
			require.NoError(t, store.Register(ctx, s, id, url(i), ""), "%q", id)
		}
	}
	look(func(i int) bool { return i%2 == 0 })
	for i, id := range ids {
		if i%4 == 0 {
			require.NoError(t, s.Clear(ctx, id), "%q", id)
		}
	}
	look(func(i int) bool { return i%4 == 2 })
	for _, id := range refused() {
		require.ErrorIs(t, s.SetOnline(ctx, id), store.ErrInvalid, "%q", id)
		_, err := s.IsOnline(ctx, id)
		require.ErrorIs(t, err, store.ErrInvalid, "%q", id)
		looks++
	}
	return looks
}

func TestHostileIDsAreKeptApart(t *testing.T) {
	kit.OnAll(t, func(t testing.TB, b kit.Backend) {
		const floor = 60
		looks := keptApart(t, b.Open(t, store.TTLs{Liveness: time.Hour, URL: time.Hour}))
		board.Row(t, "hostile ids on all backends", board.Figures{Operations: looks, FloorOperations: floor})
	})
}

// blurred is a store that takes upper case for lower case.
type blurred struct{ store.LivenessStore }

func (b blurred) Unwrap() store.LivenessStore { return b.LivenessStore }

func (b blurred) IsOnline(ctx context.Context, id string) (bool, error) {
	return b.LivenessStore.IsOnline(ctx, strings.ToLower(id))
}

func TestAStoreThatConfusesIDsIsFound(t *testing.T) {
	attempt.Found(t, `"${HOME}"`, func(a *attempt.T) {
		keptApart(a, blurred{kit.InMemory().Open(a, store.TTLs{})})
	})
}

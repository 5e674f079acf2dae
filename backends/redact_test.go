package backends_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/internal/board"
)

const hunter = "hunter2"

// guarded returns the URL of a store with a password, in which characters were added by
// chance on either side of it.
func guarded(chance *rand.Rand) string {
	urls := []string{
		"redis://:" + hunter + "@127.0.0.1:1/0", "redis://user:" + hunter + "@host/0?colour=red", "rediss://user:" + hunter + "@host:6379?addr=h2:1",
		"redis://host:6379?master_name=m&password=" + hunter, "redis://host/0?sentinel_password=" + hunter,
	}
	before, after, _ := strings.Cut(urls[chance.IntN(len(urls))], hunter)
	scheme, rest, _ := strings.Cut(before, "://")
	noise := func(s string) string {
		const characters = "/?#%&=@[] ;\n\x00z1"
		for range chance.IntN(3) {
			at := chance.IntN(len(s) + 1)
			c := chance.IntN(len(characters))
			s = s[:at] + characters[c:c+1] + s[at:]
		}
		return s
	}
	if !strings.Contains(rest, "?") { // else it would be the password of another name
		rest = noise(rest)
	}
	return scheme + "://" + rest + hunter + noise(after)
}

// shown returns how many of the URLs show their password when they are redacted.
func shown(n int, redact func(string) string) (list []string) {
	chance := rand.New(rand.NewPCG(rand.Uint64(), 0))
	for range n {
		if url := guarded(chance); strings.Contains(redact(url), hunter) {
			list = append(list, url)
		}
	}
	return list
}

func FuzzRedact(f *testing.F) {
	f.Add("redis://:", "@127.0.0.1:1/0")
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.HasPrefix(before, "redis://") && strings.HasSuffix(before, ":") && strings.HasPrefix(after, "@") {
			require.NotContains(t, backends.Redact(before+hunter+after), hunter)
		}
	})
}

func TestNoRedactedURLShowsItsPassword(t *testing.T) {
	const urls = 50_000
	const opened = 500 // which takes time
	list := shown(urls, backends.Redact)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	list = append(list, shown(opened, func(url string) string {
		s, err := backends.Open(done, url, backends.Options{})
		if err == nil {
			require.NoError(t, s.Close())
			return ""
		}
		return err.Error()
	})...)
	board.Row(t, "fuzz: passwords in URLs of stores", board.Figures{Operations: urls + opened, Violations: len(list), FloorOperations: urls})
	require.Empty(t, list[:min(5, len(list))])
}

// It hides what stands between the first colon and the @, and nothing else.
func TestARedactionThatHidesTooLittleIsFound(t *testing.T) {
	require.NotEmpty(t, shown(1000, func(url string) string {
		scheme, rest, _ := strings.Cut(url, "://")
		user, host, _ := strings.Cut(rest, "@")
		name, _, _ := strings.Cut(user, ":")
		return scheme + "://" + name + "@" + host
	}))
}

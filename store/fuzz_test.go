package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/store"
)

// pieces are what ids and URLs are made of by chance.
var pieces = []string{
	"a", "Z", "0", "-", ".", "é", "\u200b", "\U0001f600", ":", "/", "//", "http://", "https:", "@", "?", "#", "%", "%41", "%zz", "[", "]", "[::1]",
	" ", "\t", "\n", "\r\n", "\x00", "\x7f", "\u0085", "\u00a0", "\u2028", "\xff", "\xc3", "host", ":8080", "user:pw@", "..", "*",
}

func assembled(chance *rand.Rand) string {
	var b strings.Builder
	for range chance.IntN(8) {
		b.WriteString(pieces[chance.IntN(len(pieces))])
	}
	if chance.IntN(20) == 0 {
		b.WriteString(strings.Repeat("x", chance.IntN(store.MaxURLLen+100)))
	}
	return b.String()
}

// judgeID compares a check of ids with clause C6.
func judgeID(check func(string) error, id string) error {
	err := check(id)
	if legal := legalByTheBook(id); legal != (err == nil) || !legal && !errors.Is(err, store.ErrInvalid) {
		return fmt.Errorf("%q: legal is %v, the check says %v", id, legal, err)
	}
	return nil
}

// judgeURL wants of what is accepted that it can be parsed, is absolute and has a host.
func judgeURL(check func(string) error, text string) error {
	err := check(text)
	if err != nil {
		if !errors.Is(err, store.ErrInvalid) || strings.Contains(text, "pw@") && strings.Contains(err.Error(), "pw@") {
			return fmt.Errorf("%q: the check says %v", text, err)
		}
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || !u.IsAbs() || u.Hostname() == "" || len(text) > store.MaxURLLen || strings.ContainsAny(text, "\x00\n\r\t\x7f") {
		return fmt.Errorf("%q is accepted: %v", text, err)
	}
	return nil
}

func FuzzCheckURL(f *testing.F) {
	f.Add("http://user:pw@host:8080/p?q#f")
	f.Fuzz(func(t *testing.T, text string) { require.NoError(t, judgeURL(store.CheckURL, text)) })
}

func TestIDsAndURLsByChance(t *testing.T) {
	const texts = 200_000
	chance := rand.New(rand.NewPCG(rand.Uint64(), 0))
	n := 0
	for ; n < texts; n++ {
		text := assembled(chance)
		require.NoError(t, judgeID(store.CheckID, text))
		require.NoError(t, judgeURL(store.CheckURL, text))
	}
	board.Row(t, "fuzz: ids and URLs", board.Figures{Operations: n, FloorOperations: texts})
}

// A check that sees bytes where there are runes, and one that asks url.Parse alone.
func TestChecksThatAcceptTooMuchAreFound(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 0))
	id, address := 0, 0
	for range 10_000 {
		text := assembled(chance)
		if judgeID(func(id string) error {
			if strings.ContainsAny(id, ": \t\n\r\x00\x7f") {
				return store.ErrInvalid
			}
			return nil
		}, text) != nil {
			id++
		}
		if judgeURL(func(text string) error {
			if _, err := url.Parse(text); err != nil {
				return store.ErrInvalid
			}
			return nil
		}, text) != nil {
			address++
		}
	}
	require.Positive(t, id)
	require.Positive(t, address)
}

package store_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/store"
)

func TestCheckID(t *testing.T) {
	for _, id := range []string{
		"a", "ws-7f3a", "{7}a", "a/b", "*?[]", `"quoted"`, "50%", "été", "日本", "\u200d", "\ufffd",
		strings.Repeat("x", store.MaxIDLen),
	} {
		assert.NoError(t, store.CheckID(id), "%q", id)
	}
	for id, why := range map[string]string{
		"":                                    "is empty",
		strings.Repeat("x", store.MaxIDLen+1): "has 257 bytes",
		"a:url":                               "has a colon",
		"é:":                                  "has a colon",
		"a b":                                 "has white space",
		"a\u00a0b":                            "has white space",
		"a\u2028b":                            "has white space",
		"a\nb":                                "has white space",
		"a\x00b":                              "has a control character",
		"a\x7fb":                              "has a control character",
		"a\u0085b":                            "has white space",
		"a\u009fb":                            "has a control character",
		"a\xffb":                              "is not UTF-8",
		"a\x00\xff":                           "is not UTF-8",
	} {
		err := store.CheckID(id)
		assert.ErrorIs(t, err, store.ErrInvalid, "%q", id)
		assert.ErrorContains(t, err, why, "%q", id)
	}
}

func TestCheckURL(t *testing.T) {
	for _, url := range []string{
		"http://a", "https://user:pw@host:8080/p?q#f", "tcp://10.0.0.1:99", "http://[::1]:80", "http://h/a b",
		"http://h/" + strings.Repeat("x", store.MaxURLLen-len("http://h/")),
	} {
		assert.NoError(t, store.CheckURL(url), "%q", url)
	}
	for url, why := range map[string]string{
		"":              "is empty",
		"host":          "is not absolute",
		"/path":         "is not absolute",
		"//host/path":   "is not absolute",
		"host:8080":     "is not absolute",
		"http://":       "is not absolute",
		"http://:8080":  "is not absolute",
		"http://h:port": "is not absolute",
		"http://h/\x00": "has a control character",
		"http://h/" + strings.Repeat("x", store.MaxURLLen): "has 2057 bytes",
	} {
		err := store.CheckURL(url)
		assert.ErrorIs(t, err, store.ErrInvalid, "%q", url)
		assert.ErrorContains(t, err, why, "%q", url)
	}
	assert.NotContains(t, store.CheckURL("http://user:secret@h:port").Error(), "secret")
}

func FuzzCheckID(f *testing.F) {
	f.Add("a")
	f.Add("a:b")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, id string) {
		legal := store.CheckID(id) == nil
		assert.Equal(t, legalByTheBook(id), legal, "%q", id)
	})
}

// legalByTheBook is clause C6, slowly.
func legalByTheBook(id string) bool {
	if id == "" || len(id) > store.MaxIDLen || !utf8.ValidString(id) {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool {
		return r == ':' || unicode.IsSpace(r) || unicode.IsControl(r)
	})
}

package store

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxIDLen is the length of the longest id, in bytes.
	MaxIDLen = 256

	// MaxURLLen is the length of the longest URL, in bytes.
	MaxURLLen = 2048
)

// CheckID returns nil if id can name a workspace: 1 to MaxIDLen bytes of
// UTF-8 without a colon, white space or a control character. Otherwise the
// error unwraps to ErrInvalid and names the fault.
//
// A colon separates an id from the data stored about it: with one, the id
// "a:url" would be the key of the URL of "a".
func CheckID(id string) error {
	switch {
	case id == "":
		return invalidID("is empty")
	case len(id) > MaxIDLen:
		return invalidID(fmt.Sprintf("has %d bytes, want at most %d", len(id), MaxIDLen))
	}
	for i := range len(id) {
		if c := id[i]; c <= ' ' || c == ':' || c >= 0x7f {
			return checkUnusual(id[i:])
		}
	}
	return nil
}

// checkUnusual judges the rest of an id, from its first byte on that is not a printable ASCII
// character other than a colon, so that most ids are checked byte by byte alone.
func checkUnusual(id string) error {
	if !utf8.ValidString(id) {
		return invalidID("is not UTF-8")
	}
	for _, r := range id {
		switch {
		case r == ':':
			return invalidID("has a colon")
		case unicode.IsSpace(r):
			return invalidID("has white space")
		case unicode.IsControl(r):
			return invalidID("has a control character")
		}
	}
	return nil
}

func invalidID(why string) error {
	return fmt.Errorf("%w: the id %s (an id is 1 to %d bytes of UTF-8 without colon, white space or control character)",
		ErrInvalid, why, MaxIDLen)
}

// CheckURL returns nil if a workspace may be reached at url: 1 to MaxURLLen
// bytes, absolute with scheme and host, no control character. Otherwise the
// error unwraps to ErrInvalid and names the fault, without repeating the
// URL, which may hold a credential.
func CheckURL(url string) error {
	switch {
	case url == "":
		return invalidURL("is empty")
	case len(url) > MaxURLLen:
		return invalidURL(fmt.Sprintf("has %d bytes, want at most %d", len(url), MaxURLLen))
	case strings.ContainsFunc(url, unicode.IsControl):
		return invalidURL("has a control character")
	case !absolute(url):
		return invalidURL("is not absolute with scheme and host")
	}
	return nil
}

func absolute(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme != "" && u.Hostname() != ""
}

func invalidURL(why string) error {
	return fmt.Errorf("%w: the URL %s (such as https://host:8080/path)", ErrInvalid, why)
}

package backends

import (
	"net/url"
	"strings"
)

const hidden = "xxxxx"

// Redact returns the URL of a store in a form that may be logged: without a
// password. Of a URL in which it cannot tell where a password is, it keeps the
// scheme at most.
func Redact(raw string) string {
	name, _, _ := strings.Cut(raw, ":")
	if _, known := find(name); !known {
		return hidden
	}
	u, err := url.Parse(raw)
	if err != nil || stray(u) {
		return name + ":" + hidden
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return name + ":" + hidden // what cannot be read may be a password
	}
	if u.User != nil {
		user := url.User(hidden)
		if _, ok := u.User.Password(); ok {
			user = url.UserPassword(u.User.Username(), hidden)
		}
		u.User = user
	}
	if hidePasswords(q) {
		u.RawQuery = q.Encode()
	}
	return u.String()
}

// stray reports whether an @ stands where only a misspelt password leaves it.
// In the path of a file it is nothing special.
func stray(u *url.URL) bool {
	return u.Scheme != "bolt" && strings.Contains(u.Opaque+u.Path+u.RawQuery+u.Fragment, "@")
}

func hidePasswords(q url.Values) (found bool) {
	for name := range q {
		if strings.Contains(strings.ToLower(name), "password") {
			q[name] = []string{hidden}
			found = true
		}
	}
	return found
}

package redisstore

import (
	"log/slog"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

const (
	// DefaultPrefix is Options.Prefix by default.
	DefaultPrefix = "ws:"

	// DefaultTimeout is Options.Timeout by default.
	DefaultTimeout = 3 * time.Second
)

// Options configures a Store. The zero value works.
type Options struct {
	TTLs store.TTLs

	// Prefix begins all keys of the store. Of two prefixes on one server neither may begin
	// with the other. "" means DefaultPrefix.
	Prefix string

	// Timeout bounds each wait for the server, however much later the context ends: then
	// the error is ErrUnavailable. It may pass up to a sixteenth earlier. A call that needs
	// several pipelines, such as RefreshMany or Online, may take longer as a whole. Timeout
	// also bounds Close. 0 means DefaultTimeout.
	Timeout time.Duration

	// Layout says how keys are named. The first call that writes records it in the data. A
	// store with another layout answers every call with ErrInvalid. The zero value is
	// LayoutAuto.
	Layout Layout

	// KeepDeaths is how long a death is kept that no monitor hands out; then it is dropped.
	// 0 means store.DefaultKeepDeaths.
	KeepDeaths time.Duration

	// Lazy lets Open return without an answer of the server, so that an application can
	// start while its server is down. Until the server serves, calls fail with
	// ErrUnavailable. New is always lazy.
	Lazy bool

	// Logger gets a line when the server stops answering and when it answers again, and
	// warnings about the client, the server and foreign data. nil means no log.
	Logger *slog.Logger
}

// withDefaults returns the options with defaults, or the error that names one that cannot
// be used.
func (o Options) withDefaults(op string) (Options, error) {
	if err := o.TTLs.Validate(); err != nil {
		return o, &store.Error{Op: op, Err: err}
	}
	keep, err := driver.KeepDeaths(o.KeepDeaths)
	if err != nil {
		return o, &store.Error{Op: op, Err: err}
	}
	o.KeepDeaths = keep
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case !utf8.ValidString(o.Prefix) || strings.ContainsFunc(o.Prefix, unfit):
		return o, invalid(op, "Options.Prefix is %q, want UTF-8 without white space, control characters or braces", o.Prefix)
	case o.Timeout < 0:
		return o, invalid(op, "Options.Timeout is %v, want more than 0, or 0 for %v", o.Timeout, DefaultTimeout)
	case o.Layout < LayoutAuto || o.Layout > LayoutTagged:
		return o, invalid(op, "Options.Layout is %d, want LayoutAuto, LayoutFlat or LayoutTagged", int(o.Layout))
	}
	return o, nil
}

// unfit reports whether a prefix must not have the character.
func unfit(r rune) bool {
	return r == '{' || r == '}' || unicode.IsSpace(r) || unicode.IsControl(r)
}

func invalid(op, format string, args ...any) error {
	return driver.Errorf(op, "", store.ErrInvalid, format, args...)
}

package store_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/store"
)

func TestErrorNamesOperationAndWorkspace(t *testing.T) {
	assert.EqualError(t, &store.Error{Op: "Ping", Err: store.ErrClosed}, "liveness: Ping: closed")
	assert.EqualError(t, &store.Error{Op: "IsOnline", ID: "a\n", Err: store.ErrInvalid}, `liveness: IsOnline "a\n": invalid`)
}

func TestErrorShortensAnIDThatIsTooLong(t *testing.T) {
	err := store.Check(t.Context(), "IsOnline", strings.Repeat("é", 10_000))
	assert.ErrorContains(t, err, "… (20000 bytes)")
	assert.Less(t, len(err.Error()), 400)
}

func TestErrorfKeepsTheCauseAsTextOnly(t *testing.T) {
	err := store.Errorf("Clear", "a", store.ErrUnavailable, "dial: %v", io.ErrUnexpectedEOF)
	assert.EqualError(t, err, `liveness: Clear "a": unavailable: dial: unexpected EOF`)
	assert.ErrorIs(t, err, store.ErrUnavailable)
	assert.NotErrorIs(t, err, io.ErrUnexpectedEOF)

	var e *store.Error
	assert.True(t, errors.As(err, &e))
	assert.Equal(t, "a", e.ID)

	timeout := store.Errorf("Clear", "a", store.ErrUnavailable, "%v", context.DeadlineExceeded)
	assert.NotErrorIs(t, timeout, context.DeadlineExceeded, "only the caller's own context is reported as such")
}

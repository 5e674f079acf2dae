package driver_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestErrorfKeepsTheCauseAsTextOnly(t *testing.T) {
	err := driver.Errorf("Clear", "a", store.ErrUnavailable, "dial: %v", io.ErrUnexpectedEOF)
	assert.EqualError(t, err, `liveness: Clear "a": unavailable: dial: unexpected EOF`)
	assert.ErrorIs(t, err, store.ErrUnavailable)
	assert.NotErrorIs(t, err, io.ErrUnexpectedEOF)

	var e *store.Error
	assert.True(t, errors.As(err, &e))
	assert.Equal(t, "a", e.ID)

	timeout := driver.Errorf("Clear", "a", store.ErrUnavailable, "%v", context.DeadlineExceeded)
	assert.NotErrorIs(t, timeout, context.DeadlineExceeded, "only the caller's own context is reported as such")
}

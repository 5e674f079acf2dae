package driver_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

func TestErrInvalidComesBeforeTheContextsError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ttls := store.TTLs{For: func(string) time.Duration { return -1 }}

	_, ttlErr := driver.CheckTTL(ctx, "SetOnline", "a", ttls)
	_, manyErr := driver.CheckTTLs(ctx, "RefreshMany", []string{"a"}, ttls)
	_, registerErr := driver.CheckRegister(ctx, "Register", "a", store.TTLs{}, "", "nowhere")
	for name, err := range map[string]error{
		"CheckRegister": registerErr,
		"CheckGrant":    driver.CheckGrant(ctx, "RefreshFor", "a", 0),
		"Check":         driver.Check(ctx, "IsOnline", "a:b"),
		"CheckCacheURL": driver.CheckCacheURL(ctx, "CacheURL", "a", "nowhere"),
		"CheckMany":     driver.CheckMany(ctx, "ClearMany", []string{"a", "a:b"}),
		"CheckTTL":      ttlErr,
		"CheckTTLs":     manyErr,
	} {
		assert.ErrorIs(t, err, store.ErrInvalid, name)
		assert.NotErrorIs(t, err, context.Canceled, name)
	}
	_, registerErr = driver.CheckRegister(ctx, "Register", "a", store.TTLs{}, "", "http://h")
	for name, err := range map[string]error{
		"CheckRegister": registerErr,
		"CheckGrant":    driver.CheckGrant(ctx, "RefreshFor", "a", store.MinTTL),
		"Check":         driver.Check(ctx, "IsOnline", "a"),
		"CheckCacheURL": driver.CheckCacheURL(ctx, "CacheURL", "a", "http://h"),
		"CheckMany":     driver.CheckMany(ctx, "ClearMany", nil),
	} {
		assert.ErrorIs(t, err, context.Canceled, name)
		var e *store.Error
		assert.True(t, errors.As(err, &e), name)
	}
}

func TestCheckGrantBoundsTheTTLOfACall(t *testing.T) {
	for _, ttl := range []time.Duration{store.MinTTL, store.MaxTTL} {
		assert.NoError(t, driver.CheckGrant(t.Context(), "SetOnlineFor", "a", ttl))
	}
	for _, ttl := range []time.Duration{-time.Second, 0, store.MinTTL - 1, store.MaxTTL + 1} {
		assert.ErrorIs(t, driver.CheckGrant(t.Context(), "SetOnlineFor", "a", ttl), store.ErrInvalid, ttl)
	}
}

func TestCheckRegisterTakesEmptyURLs(t *testing.T) {
	ttl, err := driver.CheckRegister(t.Context(), "Register", "a", store.TTLs{}, "", "")
	assert.NoError(t, err)
	assert.Equal(t, store.DefaultLivenessTTL, ttl)
}

func TestClaimOptionsAreChecked(t *testing.T) {
	assert.NoError(t, driver.ClaimOptions{Max: 1, Lease: time.Second}.Check("Claim"))
	for _, o := range []driver.ClaimOptions{{Lease: time.Second}, {Max: -1, Lease: time.Second}, {Max: 1}, {Max: 1, Lease: store.MaxTTL + 1}} {
		assert.ErrorIs(t, o.Check("Claim"), store.ErrInvalid)
	}
}

func TestKeepDeathsIsADayByDefault(t *testing.T) {
	keep, err := driver.KeepDeaths(0)
	assert.NoError(t, err)
	assert.Equal(t, store.DefaultKeepDeaths, keep)

	keep, err = driver.KeepDeaths(time.Hour)
	assert.NoError(t, err)
	assert.Equal(t, time.Hour, keep)

	for _, option := range []time.Duration{-1, store.MinTTL - 1, store.MaxTTL + 1} {
		_, err = driver.KeepDeaths(option)
		assert.ErrorIs(t, err, store.ErrInvalid)
	}
}

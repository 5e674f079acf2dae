package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/store"
)

func TestTTLsValidate(t *testing.T) {
	for _, ttls := range []store.TTLs{
		{},
		{Liveness: store.MinTTL, URL: store.MaxTTL},
		{Heartbeat: 60 * time.Second},
		{Liveness: time.Minute, Heartbeat: 20 * time.Second},
	} {
		assert.NoError(t, ttls.Validate(), "%+v", ttls)
	}
	for why, ttls := range map[string]store.TTLs{
		"TTLs.Liveness is 999.999µs, want 1ms to 8760h0m0s":         {Liveness: store.MinTTL - 1},
		"TTLs.Liveness is 8760h0m0.000000001s":                      {Liveness: store.MaxTTL + 1},
		"TTLs.Liveness is -1s":                                      {Liveness: -time.Second},
		"TTLs.URL is -1s, want 1ms to 8760h0m0s":                    {URL: -time.Second},
		"TTLs.Heartbeat is -1s":                                     {Heartbeat: -time.Second},
		"TTLs.Liveness is 3m0s, want at least 3 × Heartbeat (3m3s)": {Heartbeat: 61 * time.Second},
	} {
		err := ttls.Validate()
		assert.ErrorIs(t, err, store.ErrInvalid, why)
		assert.ErrorContains(t, err, why)
	}
}

func TestForDecidesTheLivenessTTLOfAWorkspace(t *testing.T) {
	ttls := store.TTLs{
		Heartbeat: time.Second,
		For: func(id string) time.Duration {
			return map[string]time.Duration{"slow": time.Hour, "hasty": time.Second, "eternal": store.MaxTTL + 1}[id]
		},
	}
	assert.NoError(t, ttls.Validate(), "values of For are checked when they are used")

	ttl, err := ttls.ForLiveness("slow")
	assert.NoError(t, err)
	assert.Equal(t, time.Hour, ttl)

	ttl, err = ttls.ForLiveness("ordinary")
	assert.NoError(t, err)
	assert.Equal(t, store.DefaultLivenessTTL, ttl)

	_, err = ttls.ForLiveness("hasty")
	assert.ErrorIs(t, err, store.ErrInvalid)
	assert.ErrorContains(t, err, "TTLs.For is 1s, want at least 3 × Heartbeat (3s)")

	_, err = ttls.ForLiveness("eternal")
	assert.ErrorContains(t, err, "TTLs.For is")
}

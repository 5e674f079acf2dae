package memstore_test

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

func TestATTLForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memstore.Options{})
		ctx := t.Context()
		remaining := func() time.Duration {
			status, err := s.Lookup(ctx, "a")
			require.NoError(t, err)
			return status.Remaining
		}
		assert.ErrorIs(t, s.RefreshFor(ctx, "a", time.Hour), store.ErrNotFound)
		require.NoError(t, s.SetOnlineFor(ctx, "a", time.Hour))
		assert.Equal(t, time.Hour, remaining())
		require.NoError(t, s.RefreshFor(ctx, "a", time.Minute))
		assert.Equal(t, time.Minute, remaining())
		require.NoError(t, s.RefreshFor(ctx, "a", time.Hour))
		require.NoError(t, s.RefreshTTL(ctx, "a"))
		assert.Equal(t, store.DefaultLivenessTTL, remaining(), "the usual TTL again, though that is earlier")
		require.NoError(t, s.SetOnlineFor(ctx, "a", time.Second))
		require.NoError(t, s.SetOnline(ctx, "a"))
		assert.Equal(t, store.DefaultLivenessTTL, remaining())
		for _, ttl := range []time.Duration{0, -1, store.MinTTL - 1, store.MaxTTL + 1} {
			assert.ErrorIs(t, s.SetOnlineFor(ctx, "a", ttl), store.ErrInvalid)
			assert.ErrorIs(t, s.RefreshFor(ctx, "a", ttl), store.ErrInvalid)
		}
		assert.Equal(t, store.DefaultLivenessTTL, remaining())
	})
}

func TestRegisterIsSeenWholeOrNotAtAll(t *testing.T) {
	const rounds = 300
	s := open(t, memstore.Options{})
	ctx := t.Context()
	for range rounds {
		require.NoError(t, s.Clear(ctx, "a"))
		var wg sync.WaitGroup
		wg.Go(func() {
			for len(urls(t, s, "a")) == 0 {
				runtime.Gosched()
			}
			online, err := s.IsOnline(ctx, "a")
			assert.True(t, err == nil && online, "a URL is seen before the life")
		})
		wg.Go(func() {
			for online := false; !online; {
				online, _ = s.IsOnline(ctx, "a")
			}
			assert.Len(t, urls(t, s, "a"), 2, "the life is seen before the URLs")
		})
		wg.Go(func() {
			status, err := s.Lookup(ctx, "a")
			assert.True(t, err != nil || status.URL != "" && status.InternalURL != "")
		})
		wg.Go(func() { assert.NoError(t, s.Register(ctx, "a", "http://a", "http://internal.a")) })
		wg.Wait()
	}
}

func TestRegisterLeavesAURLThatIsNotGivenAsItIs(t *testing.T) {
	s := open(t, memstore.Options{MaxOnline: 1})
	ctx := t.Context()
	require.NoError(t, s.Register(ctx, "a", "http://a", "http://internal.a"))
	require.NoError(t, s.Register(ctx, "a", "", "http://other.a"))
	assert.Equal(t, []string{"http://a", "http://other.a"}, urls(t, s, "a"))
	require.NoError(t, s.Register(ctx, "a", "", ""))
	assert.Len(t, urls(t, s, "a"), 2)
	assert.ErrorIs(t, s.Register(ctx, "b", "http://b", ""), store.ErrFull)
	assert.Empty(t, urls(t, s, "b"), "it changes nothing")
	assert.ErrorIs(t, s.Register(ctx, "a", "http://new", "nowhere"), store.ErrInvalid)
	assert.Equal(t, []string{"http://a", "http://other.a"}, urls(t, s, "a"))
}

func TestIDsAndURLsAreCopied(t *testing.T) {
	s := open(t, memstore.Options{})
	ctx := t.Context()
	body := []byte("a http://host note")
	text := unsafe.String(&body[0], len(body))
	require.NoError(t, s.Register(ctx, text[:1], text[2:13], text[2:13]))
	_, err := s.Note(ctx, 0, "", text[14:])
	require.NoError(t, err)
	copy(body, "XXXXXXXXXXXXXXXXXX")
	note, err := s.Note(ctx, 0, "another", "")
	require.NoError(t, err)
	assert.Equal(t, "note", note)
	assert.Equal(t, []string{"http://host", "http://host"}, urls(t, s, "a"))
	for status, err := range s.Online(ctx) {
		require.NoError(t, err)
		assert.Equal(t, "a", status.ID)
	}
}

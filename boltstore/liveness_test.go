package boltstore

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/store"
)

func TestADeathByExpireOutlivesTheStore(t *testing.T) {
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := context.Background()
				path := newPath(t)
				d := &disk{}
				s := d.box(t, path, Options{})
				watch(t, s, lifetime)
				require.NoError(t, s.Register(ctx, "expired", someURL, ""))
				require.NoError(t, s.SetOnline(ctx, "silent"))
				require.NoError(t, s.SetOnline(ctx, "back"))
				watch(t, s, time.Minute)
				require.Equal(t, 1, d.during(func() { require.NoError(t, s.Expire(ctx, "expired")) }))
				at := time.Now()
				require.NoError(t, s.Expire(ctx, "back"))
				require.NoError(t, s.SetOnline(ctx, "back"))
				require.NoError(t, s.Expire(ctx, "unknown"))
				require.False(t, online(t, s, "expired"))
				require.True(t, online(t, s, "back"))

				path = ends(t, s, path)
				s = box(t, path, Options{})
				require.False(t, online(t, s, "expired"))
				require.True(t, online(t, s, "back"))
				require.True(t, online(t, s, "silent"))
				watchOutGrace(t, s)
				deaths := claim(t, s, 10)
				require.Equal(t, []string{"expired"}, idsOf(deaths))
				require.True(t, deaths[0].Expired)
				require.Equal(t, 1, deaths[0].Attempt)
				require.WithinRange(t, deaths[0].Deadline, at.Add(-unit), at)
				require.Len(t, urlsOf(t, s, "expired"), 1)
				require.NoError(t, s.Expire(ctx, "silent"))
				require.Equal(t, []string{"silent"}, idsOf(claim(t, s, 10)), "a life that was restored ends by Expire too")
			})
		})
	}
}

func TestRegisterIsOneCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		path := newPath(t)
		d := &disk{}
		s := d.box(t, path, Options{})
		require.Equal(t, 1, d.during(func() { require.NoError(t, s.Register(ctx, "a", "http://a", "http://internal.a")) }))
		require.NoError(t, s.Register(ctx, "a", "", "http://other.a"))
		require.ErrorIs(t, s.Register(ctx, "b", "http://b", "nowhere"), store.ErrInvalid)
		path = crashed(t, s, path)
		s = box(t, path, Options{})
		require.Equal(t, []string{"http://a", "http://other.a"}, urlsOf(t, s, "a"))
		require.True(t, online(t, s, "a"))
		require.False(t, online(t, s, "b"))
		status, err := s.Lookup(ctx, "a")
		require.NoError(t, err)
		require.Equal(t, "http://a", status.URL)
		require.Equal(t, "http://other.a", status.InternalURL)
	})
}

func TestAGrantForOnceOutlivesTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		path := newPath(t)
		s := box(t, path, Options{})
		require.NoError(t, s.SetOnlineFor(ctx, "set", time.Hour))
		require.NoError(t, s.SetOnline(ctx, "refreshed"))
		path = crashed(t, s, path)
		s = box(t, path, Options{})
		require.InDelta(t, time.Hour, remaining(t, s, "set"), float64(11*time.Second))
		require.NoError(t, s.RefreshFor(ctx, "refreshed", 2*time.Hour))
		require.ErrorIs(t, s.RefreshFor(ctx, "unknown", time.Hour), store.ErrNotFound)
		require.NoError(t, s.Close())
		s = box(t, path, Options{})
		require.InDelta(t, 2*time.Hour, remaining(t, s, "refreshed"), float64(unit))
		require.NoError(t, s.RefreshTTL(ctx, "refreshed"))
		require.Equal(t, lifetime, remaining(t, s, "refreshed"))
		require.NoError(t, s.Close())
		s = box(t, path, Options{})
		require.InDelta(t, lifetime, remaining(t, s, "refreshed"), float64(unit))
	})
}

// A caller may cut them from the body of a request, which is not kept.
func TestIDsURLsAndNotesAreCopied(t *testing.T) {
	ctx := context.Background()
	path := newPath(t)
	s := box(t, path, Options{})
	sweep(t, s)
	body := []byte("id adopted http://host note")
	text := unsafe.String(&body[0], len(body))
	id, adopted, url, note := text[:2], text[3:10], text[11:22], text[23:]
	require.NoError(t, s.Register(ctx, id, url, url))
	_, err := s.Adopt(ctx, 0, []string{adopted}, time.Time{})
	require.NoError(t, err)
	_, err = s.Note(ctx, 0, "", note)
	require.NoError(t, err)
	copy(body, bytes.Repeat([]byte("X"), len(body)))

	status, err := s.Lookup(ctx, "id")
	require.NoError(t, err)
	require.Equal(t, []string{"http://host", "http://host"}, []string{status.URL, status.InternalURL})
	for status, err := range s.Online(ctx) {
		require.NoError(t, err)
		require.Equal(t, "id", status.ID)
	}
	require.True(t, s.memory.roster.Knows("adopted"))
	require.Equal(t, "note", sweep(t, s).Note)
	require.NoError(t, s.Expire(ctx, "id"))
	require.NoError(t, s.Close())
	s = box(t, path, Options{})
	require.True(t, s.memory.roster.Knows("id"))
	require.Equal(t, "note", sweep(t, s).Note)
}

package store_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/store"
)

// plain is a store without capabilities that knows which workspaces are online.
type plain struct {
	store.LivenessStore
	online map[string]bool
	broken error
}

func (p plain) RefreshTTL(ctx context.Context, id string) error {
	if p.broken == nil && !p.online[id] {
		return &store.Error{Op: "RefreshTTL", ID: id, Err: store.ErrNotFound}
	}
	return p.broken
}

func (p plain) SetOnline(ctx context.Context, id string) error {
	p.online[id] = true
	return p.broken
}

func (p plain) IsOnline(ctx context.Context, id string) (bool, error) { return p.online[id], p.broken }

func (p plain) Clear(ctx context.Context, id string) error {
	delete(p.online, id)
	return p.broken
}

func TestHeartbeatRegistersAWorkspaceThatIsNotOnline(t *testing.T) {
	s := plain{online: map[string]bool{}}
	for _, want := range []bool{true, false} {
		registered, err := store.Heartbeat(t.Context(), s, "a")
		assert.NoError(t, err)
		assert.Equal(t, want, registered)
	}

	s.broken = store.ErrUnavailable
	registered, err := store.Heartbeat(t.Context(), s, "b")
	assert.ErrorIs(t, err, store.ErrUnavailable)
	assert.False(t, registered)
	assert.NotContains(t, s.online, "b", "an outage registers no workspace")
}

// granting is a plain store with a Granter.
type granting struct{ plain }

func (g granting) RefreshFor(ctx context.Context, id string, _ time.Duration) error {
	return g.RefreshTTL(ctx, id)
}

func (g granting) SetOnlineFor(ctx context.Context, id string, _ time.Duration) error {
	return g.SetOnline(ctx, id)
}

func TestHeartbeatForRegistersAWorkspaceThatIsNotOnline(t *testing.T) {
	s := granting{plain{online: map[string]bool{}}}
	for _, want := range []bool{true, false} {
		registered, err := store.HeartbeatFor(t.Context(), s, "a", time.Minute)
		assert.NoError(t, err)
		assert.Equal(t, want, registered)
	}

	s.broken = store.ErrUnavailable
	registered, err := store.HeartbeatFor(t.Context(), s, "b", time.Minute)
	assert.ErrorIs(t, err, store.ErrUnavailable)
	assert.False(t, registered)
	assert.NotContains(t, s.online, "b", "an outage registers no workspace")
}

func TestAStoreWithoutBatcherIsAskedOneByOne(t *testing.T) {
	s := plain{online: map[string]bool{"a": true, "b": true}}
	ids := []string{"a", "x", "b", "a"}

	answers, err := store.RefreshMany(t.Context(), s, ids)
	assert.NoError(t, err)
	assert.Equal(t, []bool{true, false, true, true}, answers)

	answers, err = store.IsOnlineMany(t.Context(), s, ids)
	assert.NoError(t, err)
	assert.Equal(t, []bool{true, false, true, true}, answers)

	err = store.ClearMany(t.Context(), s, []string{"b", "a:b"})
	assert.ErrorIs(t, err, store.ErrInvalid)
	assert.True(t, s.online["b"], "one illegal id fails the call before anything is done")

	assert.NoError(t, store.ClearMany(t.Context(), s, ids))
	assert.Empty(t, s.online)

	answers, err = store.RefreshMany(t.Context(), s, nil)
	assert.NoError(t, err)
	assert.Equal(t, []bool{}, answers)

	s.broken = store.ErrUnavailable
	answers, err = store.IsOnlineMany(t.Context(), s, ids)
	assert.ErrorIs(t, err, store.ErrUnavailable)
	assert.Nil(t, answers)
}

func TestAStoreWithoutListerSaysSo(t *testing.T) {
	s := plain{}
	_, err := store.Count(t.Context(), s)
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = store.Lookup(t.Context(), s, "a")
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	items := 0
	for _, err := range store.Online(t.Context(), s) {
		assert.ErrorIs(t, err, errors.ErrUnsupported)
		items++
	}
	assert.Equal(t, 1, items)
}

func TestAStoreWithoutGranterOrExpirerSaysSo(t *testing.T) {
	s := plain{online: map[string]bool{"a": true}}
	assert.ErrorIs(t, store.SetOnlineFor(t.Context(), s, "a", time.Minute), errors.ErrUnsupported)
	assert.ErrorIs(t, store.RefreshFor(t.Context(), s, "a", time.Minute), errors.ErrUnsupported)
	_, err := store.HeartbeatFor(t.Context(), s, "a", time.Minute)
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	assert.ErrorIs(t, store.Expire(t.Context(), s, "a"), errors.ErrUnsupported)
	assert.True(t, s.online["a"])
}

func TestAStoreWithoutRegistrarIsCalledURLsFirst(t *testing.T) {
	s := &cachingStore{plain: plain{online: map[string]bool{}}}
	assert.NoError(t, store.Register(t.Context(), s, "a", "public", "internal"))
	assert.Equal(t, []string{"CacheURL public", "CacheInternalURL internal", "SetOnline"}, s.calls)

	s.calls = nil
	assert.NoError(t, store.Register(t.Context(), s, "a", "", ""))
	assert.Equal(t, []string{"SetOnline"}, s.calls)

	s.calls, s.refuses = nil, true
	assert.ErrorIs(t, store.Register(t.Context(), s, "a", "public", "internal"), store.ErrInvalid)
	assert.Equal(t, []string{"CacheURL public"}, s.calls, "a URL that is refused keeps the workspace offline")
}

// cachingStore notes its calls, and may refuse URLs.
type cachingStore struct {
	plain
	refuses bool
	calls   []string
}

func (s *cachingStore) cache(call string) error {
	s.calls = append(s.calls, call)
	if s.refuses {
		return store.ErrInvalid
	}
	return nil
}

func (s *cachingStore) CacheURL(_ context.Context, _, url string) error {
	return s.cache("CacheURL " + url)
}

func (s *cachingStore) CacheInternalURL(_ context.Context, _, url string) error {
	return s.cache("CacheInternalURL " + url)
}

func (s *cachingStore) SetOnline(context.Context, string) error {
	s.calls = append(s.calls, "SetOnline")
	return nil
}

func TestAStoreWithoutPingerAnswersPing(t *testing.T) {
	assert.NoError(t, store.Ping(t.Context(), plain{}))
}

// able has every capability.
type able struct{ store.LivenessStore }

func (able) Online(context.Context) iter.Seq2[store.Status, error] {
	return func(yield func(store.Status, error) bool) { yield(store.Status{ID: "able"}, nil) }
}

func (able) Lookup(context.Context, string) (store.Status, error) {
	return store.Status{ID: "able"}, nil
}
func (able) Count(context.Context) (int, error)                     { return 7, nil }
func (able) RefreshMany(context.Context, []string) ([]bool, error)  { return []bool{true}, nil }
func (able) IsOnlineMany(context.Context, []string) ([]bool, error) { return []bool{true}, nil }
func (able) ClearMany(context.Context, []string) error              { return store.ErrFull }
func (able) Ping(context.Context) error                             { return store.ErrUnavailable }

// The errors tell which method was called.
var (
	errSet, errRefresh = errors.New("SetOnlineFor"), errors.New("RefreshFor")
	errExpire          = errors.New("Expire")
	errRegister        = errors.New("Register")
)

func (able) SetOnlineFor(context.Context, string, time.Duration) error { return errSet }
func (able) RefreshFor(context.Context, string, time.Duration) error   { return errRefresh }
func (able) Expire(context.Context, string) error                      { return errExpire }
func (able) Register(context.Context, string, string, string) error    { return errRegister }

// wrapper adds nothing and hides nothing.
type wrapper struct{ store.LivenessStore }

func (w wrapper) Unwrap() store.LivenessStore { return w.LivenessStore }

func TestCapabilitiesAreFoundThroughWrappers(t *testing.T) {
	s := wrapper{wrapper{able{}}}
	for st, err := range store.Online(t.Context(), s) {
		assert.NoError(t, err)
		assert.Equal(t, "able", st.ID)
	}
	n, err := store.Count(t.Context(), s)
	assert.NoError(t, err)
	assert.Equal(t, 7, n)
	st, err := store.Lookup(t.Context(), s, "a")
	assert.NoError(t, err)
	assert.Equal(t, "able", st.ID)
	answers, err := store.RefreshMany(t.Context(), s, nil)
	assert.NoError(t, err)
	assert.Equal(t, []bool{true}, answers)
	answers, err = store.IsOnlineMany(t.Context(), s, nil)
	assert.NoError(t, err)
	assert.Equal(t, []bool{true}, answers)
	assert.ErrorIs(t, store.ClearMany(t.Context(), s, nil), store.ErrFull)
	assert.ErrorIs(t, store.Ping(t.Context(), s), store.ErrUnavailable)
	assert.ErrorIs(t, store.SetOnlineFor(t.Context(), s, "a", 0), errSet)
	assert.ErrorIs(t, store.RefreshFor(t.Context(), s, "a", 0), errRefresh)
	assert.ErrorIs(t, store.Expire(t.Context(), s, "a"), errExpire)
	assert.ErrorIs(t, store.Register(t.Context(), s, "a", "", ""), errRegister)

	_, ok := store.As[store.Lister](wrapper{plain{}})
	assert.False(t, ok)
}

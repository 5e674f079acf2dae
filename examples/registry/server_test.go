package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/store"
)

func ask(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	return w
}

func TestAWorkspaceIsRegisteredFoundAndForgotten(t *testing.T) {
	s, err := memstore.New(memstore.Options{})
	require.NoError(t, err)
	defer s.Close()
	h := routes(s, http.NotFoundHandler())
	for _, step := range []struct {
		method, path, body string
		status             int
		answer             string
	}{
		{"GET", "/workspaces/a", "", 404, "not found"},
		{"PUT", "/workspaces/a", `{"url": "https://a:1", "internal_url": "http://10.0.0.1:1"}`, 204, ""},
		{"GET", "/workspaces/a", "", 200, `"url":"https://a:1","internal_url":"http://10.0.0.1:1"`},
		{"POST", "/workspaces/a/heartbeat", "", 200, `{"registered":false}`},
		{"POST", "/workspaces/b/heartbeat?for=10m", "", 200, `{"registered":true}`},
		{"GET", "/workspaces/b", "", 200, `"remaining_seconds":`},
		{"DELETE", "/workspaces/b", "", 204, ""},
		{"GET", "/workspaces", "", 200, `{"id":"a",`},
		{"GET", "/workspaces/b", "", 404, "not found"},
		{"PUT", "/workspaces/c", "", 204, ""},

		{"PUT", "/workspaces/a%3Ab", "", 400, "the id has a colon"},
		{"PUT", "/workspaces/a", `{"url": "a:1"}`, 400, "absolute with scheme and host"},
		{"PUT", "/workspaces/a", `{"uri": "https://a:1"}`, 400, `unknown field \"uri\"`},
		{"PUT", "/workspaces/a", `{"url": "` + strings.Repeat("a", mostBody) + `"}`, 400, "too large"},
		{"POST", "/workspaces/a/heartbeat?for=soon", "", 400, "want a duration such as 10m"},
		{"POST", "/workspaces/a/heartbeat?for=-1s", "", 400, "want 1ms to"},
		{"POST", "/workspaces/a", "", 405, ""},
	} {
		w := ask(h, step.method, step.path, step.body)
		assert.Equal(t, step.status, w.Code, "%s %s: %s", step.method, step.path, w.Body)
		assert.Contains(t, w.Body.String(), step.answer, "%s %s", step.method, step.path)
		if w.Code == http.StatusBadRequest {
			assert.True(t, json.Valid(w.Body.Bytes()), "%s", w.Body)
		}
	}
}

// failing answers every call with its error; a list fails after some workspaces.
type failing struct {
	store.LivenessStore
	err    error
	listed int
}

func (f failing) RefreshTTL(context.Context, string) error               { return f.err }
func (f failing) Clear(context.Context, string) error                    { return f.err }
func (f failing) Count(context.Context) (int, error)                     { return 0, f.err }
func (f failing) Lookup(context.Context, string) (store.Status, error)   { return store.Status{}, f.err }
func (f failing) Register(context.Context, string, string, string) error { return f.err }
func (f failing) Online(context.Context) iter.Seq2[store.Status, error] {
	return func(yield func(store.Status, error) bool) {
		for range f.listed {
			if !yield(store.Status{ID: "a"}, nil) {
				return
			}
		}
		yield(store.Status{}, f.err)
	}
}

func TestNotKnowingIsNotOffline(t *testing.T) {
	for err, status := range map[error]int{
		store.ErrUnavailable: 503, store.ErrClosed: 503, context.DeadlineExceeded: 503,
		store.ErrFull: 507, store.ErrInvalid: 400, errors.New("something else"): 500,
	} {
		h := routes(failing{err: err}, http.NotFoundHandler())
		for _, request := range []string{
			"PUT /workspaces/a", "POST /workspaces/a/heartbeat", "GET /workspaces/a", "DELETE /workspaces/a", "GET /workspaces",
		} {
			method, path, _ := strings.Cut(request, " ")
			w := ask(h, method, path, "")
			assert.Equal(t, status, w.Code, "%s: %v", request, err)
			assert.Contains(t, w.Body.String(), `{"error":"`, request)
		}
	}
}

func TestAListThatBreaksOffIsNotTakenForTheWhole(t *testing.T) {
	server := httptest.NewServer(routes(failing{err: store.ErrUnavailable, listed: 1000}, http.NotFoundHandler()))
	defer server.Close()
	response, err := http.Get(server.URL + "/workspaces")
	require.NoError(t, err)
	defer response.Body.Close()
	for lines := json.NewDecoder(response.Body); err == nil; {
		var w workspace
		err = lines.Decode(&w)
	}
	require.ErrorContains(t, err, "unexpected EOF")
}

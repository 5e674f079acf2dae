package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/molecule-ai/liveness/store"
)

const (
	patience = 3 * time.Second // of one request with the store
	mostBody = 16 << 10        // bytes
)

// api answers requests about the workspaces of a store.
type api struct{ store store.LivenessStore }

func routes(s store.LivenessStore, health http.Handler) http.Handler {
	a, mux := api{s}, http.NewServeMux()
	mux.Handle("PUT /workspaces/{id}", answer(a.register))
	mux.Handle("POST /workspaces/{id}/heartbeat", answer(a.heartbeat))
	mux.Handle("GET /workspaces/{id}", answer(a.lookup))
	mux.Handle("DELETE /workspaces/{id}", answer(a.remove))
	mux.HandleFunc("GET /workspaces", a.list)
	mux.Handle("GET /healthz", health)
	return mux
}

// register makes a workspace online, with the URLs by which it is reached.
func (a api) register(ctx context.Context, r *http.Request) (any, error) {
	var urls struct {
		URL         string `json:"url"`
		InternalURL string `json:"internal_url"`
	}
	body := json.NewDecoder(r.Body)
	body.DisallowUnknownFields()
	if err := body.Decode(&urls); err != nil && !errors.Is(err, io.EOF) { // no body: no URLs
		return nil, fmt.Errorf(`%w: the body is %v, want {"url": "…", "internal_url": "…"}`, store.ErrInvalid, err)
	}
	return nil, store.Register(ctx, a.store, r.PathValue("id"), urls.URL, urls.InternalURL)
}

// heartbeat registers unknown ids: a service that knows which workspaces
// should be online asks that first. A workspace that is told that it was registered
// was offline, and sends its URLs again.
func (a api) heartbeat(ctx context.Context, r *http.Request) (any, error) {
	var answer struct {
		Registered bool `json:"registered"`
	}
	var err error
	if silence := r.FormValue("for"); silence != "" {
		ttl, parse := time.ParseDuration(silence)
		if parse != nil {
			return nil, fmt.Errorf("%w: for is %q, want a duration such as 10m", store.ErrInvalid, silence)
		}
		answer.Registered, err = store.HeartbeatFor(ctx, a.store, r.PathValue("id"), ttl)
	} else {
		answer.Registered, err = store.Heartbeat(ctx, a.store, r.PathValue("id"))
	}
	return answer, err
}

// workspace is a store.Status for clients that know no nanoseconds.
type workspace struct {
	ID          string  `json:"id"`
	Remaining   float64 `json:"remaining_seconds"`
	URL         string  `json:"url,omitempty"`
	InternalURL string  `json:"internal_url,omitempty"`
}

func show(st store.Status) workspace {
	return workspace{st.ID, st.Remaining.Seconds(), st.URL, st.InternalURL}
}

func (a api) lookup(ctx context.Context, r *http.Request) (any, error) {
	st, err := store.Lookup(ctx, a.store, r.PathValue("id"))
	return show(st), err
}

func (a api) remove(ctx context.Context, r *http.Request) (any, error) {
	return nil, a.store.Clear(ctx, r.PathValue("id"))
}

// list writes a line for each workspace that is online. If the store fails in the
// middle, the connection is cut: a client must not take a part for the whole.
func (a api) list(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	lines, written := json.NewEncoder(w), false
	for st, err := range store.Online(r.Context(), a.store) {
		if err != nil && !written {
			fail(w, err)
			return
		}
		if err != nil || lines.Encode(show(st)) != nil {
			panic(http.ErrAbortHandler)
		}
		written = true
	}
}

// answer serves one request: its result is JSON, or 204 if there is none.
func answer(do func(ctx context.Context, r *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		result, err := do(ctx, r)
		switch {
		case err != nil:
			fail(w, err)
		case result == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			reply(w, http.StatusOK, result)
		}
	})
}

// fail answers with an error. Not knowing is 503, and never 404: a client that cannot
// be told where a workspace is must not take it for dead.
func fail(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, store.ErrInvalid):
		status = http.StatusBadRequest
	case errors.Is(err, store.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, store.ErrFull):
		status = http.StatusInsufficientStorage
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrClosed),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	}
	reply(w, status, map[string]string{"error": err.Error()})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone
}

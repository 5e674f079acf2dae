package store

import "context"

// Pinger is implemented by a store that can find out whether its backend
// answers.
type Pinger interface {
	// Ping returns nil if the backend can serve calls now. It returns
	// ErrUnavailable if the backend does not answer.
	Ping(ctx context.Context) error
}

// Ping calls the Ping of the store's [Pinger]. If the store has none, it
// returns nil.
func Ping(ctx context.Context, s LivenessStore) error {
	if p, ok := As[Pinger](s); ok {
		return p.Ping(ctx)
	}
	return nil
}

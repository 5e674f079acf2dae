package docs

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/memstore"
	"github.com/molecule-ai/liveness/monitor"
	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// Redis as the platform of docs/upgrading.md opens it.
var (
	RDB  redis.UniversalClient
	Live store.LivenessStore
)

func InitRedis(ctx context.Context, redisURL string) (err error) {
	options := redisstore.Options{
		TTLs:   store.TTLs{Liveness: 180 * time.Second, Heartbeat: 30 * time.Second},
		Logger: slog.Default(),
	}
	if RDB, err = redisstore.NewClient(redisURL, options); err != nil {
		return err
	}
	if Live, err = redisstore.New(RDB, options); err != nil {
		return err
	}
	return store.Ping(ctx, Live)
}

// platform is what the upgrade touches of a platform.
type platform struct {
	Live store.LivenessStore
	db   *database
	runs func(ctx context.Context, id string) (bool, error) // asks the container runtime
	stop func(ctx context.Context, id string) error
	run  func(ctx context.Context, id string) error
}

var errGone = errors.New("410 Gone")

func (p *platform) heartbeat(ctx context.Context, id string) error {
	status, err := p.db.status(ctx, id)
	if err == nil && !status.shouldRun() {
		return errGone // it was removed, paused or hibernated
	}
	registered, err := store.Heartbeat(ctx, p.Live, id)
	if err != nil {
		log.Printf("heartbeat of %s: %v", id, err) // not known; the next one is 30 s away
	}
	if registered {
		p.cacheURLs(ctx, id) // it was offline, and they may be forgotten
	}
	return p.db.heardFrom(ctx, id) // last, and however slowly
}

func (p *platform) watch(ctx context.Context) error {
	m, err := monitor.New(p.Live, monitor.Config{
		Expected: p.db.shouldRun,
		Probe:    p.runs,
		Logger:   slog.Default(),
	})
	if err != nil {
		return err
	}
	return m.Run(ctx, p.restart)
}

const bootTime = 2 * time.Minute

func (p *platform) restart(ctx context.Context, d monitor.Death) error {
	status, err := p.db.status(ctx, d.ID)
	if err != nil {
		return err // handed out again later
	}
	if !status.shouldRun() {
		return nil // an old replica has cleared it
	}
	if err := p.db.setOffline(ctx, d.ID); err != nil {
		return err
	}
	if err := monitor.Recheck(ctx); err != nil {
		return err // it came back, or another replica has it now
	}
	if err := p.stop(ctx, d.ID); err != nil {
		return err
	}
	if err := p.run(ctx, d.ID); err != nil {
		return err
	}
	return store.SetOnlineFor(ctx, p.Live, d.ID, bootTime) // a death again if it never comes up
}

func (p *platform) resolve(ctx context.Context, id string) (string, error) {
	url, err := p.Live.GetCachedURL(ctx, id)
	if err == nil {
		return url, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		log.Printf("the URL of %s: %v", id, err) // an outage of Redis stops no lookup
	}
	if url, err = p.db.url(ctx, id); err != nil {
		return "", err
	}
	if err := p.Live.CacheURL(ctx, id, url); err != nil {
		log.Printf("the URL of %s: %v", id, err)
	}
	return url, nil
}

func (p *platform) cacheURLs(ctx context.Context, id string) {
	if _, err := p.resolve(ctx, id); err != nil {
		log.Printf("the URL of %s: %v", id, err)
	}
}

// database is the owner of the workspaces.
type database struct {
	mu   sync.Mutex
	rows map[string]status
	err  error
}

type status string

func (s status) shouldRun() bool { return s == "online" || s == "degraded" || s == "offline" }

func (db *database) status(_ context.Context, id string) (status, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.rows[id], db.err
}

func (db *database) shouldRun(context.Context) (ids []string, err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for id, s := range db.rows {
		if s.shouldRun() {
			ids = append(ids, id)
		}
	}
	return ids, db.err
}

func (db *database) set(id string, s status) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.err == nil {
		db.rows[id] = s
	}
	return db.err
}

func (db *database) heardFrom(_ context.Context, id string) error  { return db.set(id, "online") }
func (db *database) setOffline(_ context.Context, id string) error { return db.set(id, "offline") }

func (db *database) url(_ context.Context, id string) (string, error) {
	return "https://" + id + ".example", db.err
}

// town is a platform that watches its workspaces until the test ends.
type town struct {
	*platform
	restarted map[string]int
	ill       map[string]bool // whose restart fails
}

func newTown(t *testing.T, rows map[string]status) *town {
	s, err := memstore.New(memstore.Options{})
	require.NoError(t, err)
	w := &town{&platform{Live: s, db: &database{rows: rows}}, make(map[string]int), make(map[string]bool)}
	var mu sync.Mutex
	w.runs = func(context.Context, string) (bool, error) { return false, nil }
	w.stop = func(context.Context, string) error { return nil }
	w.run = func(_ context.Context, id string) error {
		mu.Lock()
		defer mu.Unlock()
		w.restarted[id]++
		if w.ill[id] && w.restarted[id] == 1 {
			return errors.New("no room on the node")
		}
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.watch(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-done)
		assert.NoError(t, s.Close())
	})
	return w
}

// live has workspaces sent heartbeats for a time.
func (w *town) live(t *testing.T, d time.Duration, ids ...string) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(30 * time.Second) {
		for _, id := range ids {
			_ = w.heartbeat(t.Context(), id) // fails while the database does
		}
	}
}

func TestThePlatformOfUpgrading(t *testing.T) {
	in := func(name string, story func(t *testing.T)) {
		t.Run(name, func(t *testing.T) { synctest.Test(t, story) })
	}
	most := []string{"b", "c", "d", "e", "f", "g", "h", "i", "j"}
	fleet := func(first status) map[string]status {
		rows := map[string]status{"a": first}
		for _, id := range most {
			rows[id] = "online"
		}
		return rows
	}

	in("a workspace that dies is restarted, until that succeeds", func(t *testing.T) {
		w := newTown(t, fleet("online"))
		w.live(t, 5*time.Minute, append(most, "a")...)
		w.ill["a"] = true
		w.live(t, 4*time.Minute, most...)
		require.Equal(t, map[string]int{"a": 2}, w.restarted)
	})

	in("one that died while the events were muted is restarted", func(t *testing.T) {
		w := newTown(t, fleet("offline"))
		w.live(t, 10*time.Minute, most...)
		require.Positive(t, w.restarted["a"])
	})

	in("one that an old replica has cleared is left alone", func(t *testing.T) {
		w := newTown(t, fleet("online"))
		w.live(t, 5*time.Minute, append(most, "a")...)
		require.NoError(t, w.db.set("a", "paused"))
		require.NoError(t, store.Expire(t.Context(), w.Live, "a")) // as the index sees the key deleted
		w.live(t, 10*time.Minute, most...)
		require.Empty(t, w.restarted)
		require.ErrorIs(t, w.heartbeat(t.Context(), "a"), errGone)
	})

	in("a database that fails restarts nobody, and each URL stays known", func(t *testing.T) {
		w := newTown(t, fleet("online"))
		w.live(t, 5*time.Minute, append(most, "a")...)
		url, err := w.resolve(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, "https://a.example", url)
		w.db.mu.Lock()
		w.db.err = errors.New("the database is gone")
		w.db.mu.Unlock()
		w.live(t, 20*time.Minute, append(most, "a")...)
		require.Empty(t, w.restarted)
	})
}

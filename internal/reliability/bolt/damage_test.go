package bolt

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/internal/attempt"
	"github.com/molecule-ai/liveness/internal/board"
	"github.com/molecule-ai/liveness/store"
)

// A file is damaged while no process has it open. Opening it then is refused, or
// every answer is right.
const (
	flips        = 300
	truncations  = 50
	leastRefused = 50 // of the flips: fewer would have missed the data

	living = 300
	dead   = 100 // set online and cleared again
)

// known is a closed file and its contents.
type known struct {
	path     string
	deadline map[string]span
	pages    []int // in use
	size     int64 // without the reserve behind the pages
}

// span is when a workspace will be offline, since boot and as well as a test
// can tell.
type span struct{ from, to time.Duration }

func deadline(t testing.TB, s *boltstore.Store, id string) (span, error) {
	from := now(t)
	status, err := s.Lookup(context.Background(), id)
	return span{from + status.Remaining, now(t) + status.Remaining}, err
}

func workspace(i int) string { return fmt.Sprintf("workspace-%d", i) }
func address(i int) string   { return fmt.Sprintf("http://10.0.0.1:%d", i) }

func makeKnown(t testing.TB) known {
	t.Helper()
	ctx := context.Background()
	k := known{path: filepath.Join(t.TempDir(), "edge.db"), deadline: make(map[string]span)}
	s, err := openBolt(k.path)
	require.NoError(t, err)
	for i := range living + dead {
		id := workspace(i)
		require.NoError(t, s.SetOnline(ctx, id))
		if i%3 == 0 {
			require.NoError(t, s.CacheURL(ctx, id, address(i)))
			require.NoError(t, s.CacheInternalURL(ctx, id, address(i+1)))
		}
	}
	for i := living; i < living+dead; i++ {
		require.NoError(t, s.Clear(ctx, workspace(i)))
	}
	for i := range living {
		k.deadline[workspace(i)], err = deadline(t, s, workspace(i))
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	db, err := bbolt.Open(k.path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	require.NoError(t, err)
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		k.size = tx.Size()
		for id := 0; ; id++ {
			page, err := tx.Page(id)
			if err != nil || page == nil {
				return err
			}
			if page.Type != "free" {
				k.pages = append(k.pages, id)
			}
			id += page.OverflowCount
		}
	}))
	require.NoError(t, db.Close())
	return k
}

// damaged opens a copy that was changed and reports whether that was refused.
func (k known) damaged(t testing.TB, how string, change func(file []byte) []byte) (refused bool) {
	t.Helper()
	file, err := os.ReadFile(k.path)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "damaged.db")
	require.NoError(t, os.WriteFile(path, change(file), 0o600))
	for _, opened := range []string{"once", "again"} {
		s, err := openBolt(path)
		if err != nil {
			require.ErrorIs(t, err, store.ErrCorrupt, how)
			require.Equal(t, "once", opened, how)
			return true
		}
		k.compare(t, s, how)
		require.NoError(t, s.SetOnline(context.Background(), "another"), how)
		require.NoError(t, s.Clear(context.Background(), "another"), how)
		require.NoError(t, s.Close(), how)
	}
	return false
}

// compare asks for everything that is in the file.
func (k known) compare(t testing.TB, s *boltstore.Store, how string) {
	t.Helper()
	ctx := context.Background()
	count, err := s.Count(ctx)
	require.NoError(t, err)
	require.Equal(t, living, count, how)
	for i := range living + dead {
		id := workspace(i)
		got, err := deadline(t, s, id)
		url, _ := s.GetCachedURL(ctx, id)
		internal, _ := s.GetCachedInternalURL(ctx, id)
		if i >= living {
			require.ErrorIs(t, err, store.ErrNotFound, how)
			require.Empty(t, url+internal, how)
			continue
		}
		require.NoError(t, err, how)
		require.GreaterOrEqual(t, got.to, k.deadline[id].from-grain, how)
		require.LessOrEqual(t, got.from, k.deadline[id].to+grain, how)
		if i%3 == 0 {
			require.Equal(t, address(i), url, how)
			require.Equal(t, address(i+1), internal, how)
		}
	}
}

func TestFileHasAFlippedBit(t *testing.T) {
	k := makeKnown(t)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, seed))
	const head = 128 // bytes of a page, where the damage is worst
	size := os.Getpagesize()
	refused := 0
	for i := range flips {
		at := random.IntN(size)
		if i%2 == 0 {
			at = random.IntN(head)
		}
		at += k.pages[i%len(k.pages)] * size // every page has its turn
		bit := random.IntN(8)
		how := fmt.Sprintf("seed %d: bit %d of byte %d", seed, bit, at)
		if k.damaged(t, how, func(file []byte) []byte {
			file[at] ^= 1 << bit
			return file
		}) {
			refused++
		}
	}
	t.Logf("seed %d: %d of %d flips in %d pages were refused, with the others every answer was right", seed, refused, flips, len(k.pages))
	require.GreaterOrEqual(t, refused, leastRefused)
	board.Row(t, "a bit of a file is flipped", board.Figures{Operations: refused, Faults: flips, FloorOperations: leastRefused, FloorFaults: flips})
}

// The damage is a record that was changed with its checksum, as a faulty store would.
func TestDamageThatIsNotRefusedIsFound(t *testing.T) {
	k := makeKnown(t)
	path := filepath.Join(t.TempDir(), "changed.db")
	file, err := os.ReadFile(k.path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, file, 0o600))
	s, err := openBolt(path)
	require.NoError(t, err)
	require.NoError(t, s.CacheURL(t.Context(), workspace(0), address(living)))
	require.NoError(t, s.Close())
	changed, err := os.ReadFile(path)
	require.NoError(t, err)
	attempt.Found(t, "changed", func(a *attempt.T) {
		k.damaged(a, "changed", func([]byte) []byte { return changed })
	})
}

func TestFileIsCutOff(t *testing.T) {
	k := makeKnown(t)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, seed))
	refused := 0
	for i := range truncations {
		at := random.Int64N(k.size)
		if i == 0 {
			at = 0
		}
		how := fmt.Sprintf("seed %d: cut off at %d", seed, at)
		if k.damaged(t, how, func(file []byte) []byte { return file[:at] }) {
			refused++
		}
	}
	require.Equal(t, truncations, refused)
	board.Row(t, "a file is cut off", board.Figures{Operations: refused, Faults: truncations, FloorFaults: truncations})
}

package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// A fact about a workspace holds until a moment, in Unix nanoseconds.
const schema = `
BEGIN;
CREATE TABLE IF NOT EXISTS facts (
	id    TEXT    NOT NULL,
	kind  INTEGER NOT NULL,
	until INTEGER NOT NULL,
	url   TEXT    NOT NULL,
	PRIMARY KEY (id, kind)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS facts_until ON facts (until);
COMMIT;`

// kind is what a fact is about.
type kind int

const (
	liveness kind = iota
	publicURL
	internalURL
)

// Options are those of a store. The zero value means the defaults.
type Options struct {
	TTLs store.TTLs
}

// Store is a liveness store in a file.
type Store struct {
	ttls store.TTLs
	db   *sql.DB

	calls  sync.RWMutex // held for reading by each call, and by Close for writing
	closed bool
}

// Open opens the file, which it creates if there is none. It returns ErrLocked
// if a store has it open, and ErrCorrupt if it is not a file of SQLite.
func Open(path string, o Options) (*Store, error) {
	if err := o.TTLs.Validate(); err != nil {
		return nil, &store.Error{Op: "Open", Err: err}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fail(context.Background(), "Open", "", err)
	}
	pragmas := url.Values{"_pragma": {"locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)"}}
	file := url.URL{Scheme: "file", Path: path, RawQuery: pragmas.Encode()}
	db, err := sql.Open("sqlite", file.String())
	if err != nil {
		return nil, fail(context.Background(), "Open", "", err)
	}
	db.SetMaxOpenConns(1) // calls wait for it, each until its context is done
	if _, err := db.Exec(schema); err != nil {
		db.Close()
		return nil, fail(context.Background(), "Open", "", err)
	}
	return &Store{ttls: o.TTLs, db: db}, nil
}

// Close implements store.LivenessStore.
func (s *Store) Close() error {
	s.calls.Lock()
	defer s.calls.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if err := s.db.Close(); err != nil {
		return fail(context.Background(), "Close", "", err)
	}
	return nil
}

// tx is the transaction of a call, at one moment.
type tx struct {
	*sql.Tx
	ctx context.Context
	now time.Time
}

// step makes a call one transaction. There is one connection, so transactions
// follow one another, and so do their moments.
func (s *Store) step(ctx context.Context, op, id string, do func(tx) error) error {
	s.calls.RLock()
	defer s.calls.RUnlock()
	if s.closed {
		return &store.Error{Op: op, ID: id, Err: store.ErrClosed}
	}
	t, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fail(ctx, op, id, err)
	}
	defer t.Rollback() // does nothing after Commit
	if err := do(tx{t, ctx, time.Now()}); err != nil {
		return fail(ctx, op, id, err)
	}
	if err := t.Commit(); err != nil {
		return fail(ctx, op, id, err)
	}
	return nil
}

// fail is the one place that knows the errors of SQLite.
func fail(ctx context.Context, op, id string, err error) error {
	var e *sqlite.Error
	code := 0
	if errors.As(err, &e) {
		const primary = 0xff // the rest of a code is a detail
		code = e.Code() & primary
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return &store.Error{Op: op, ID: id, Err: store.ErrNotFound}
	case ctx.Err() != nil:
		return &store.Error{Op: op, ID: id, Err: ctx.Err()}
	case code == sqlite3.SQLITE_BUSY:
		return driver.Errorf(op, id, store.ErrLocked, "%v", err)
	case code == sqlite3.SQLITE_CORRUPT, code == sqlite3.SQLITE_NOTADB:
		return driver.Errorf(op, id, store.ErrCorrupt, "%v", err)
	}
	return driver.Errorf(op, id, store.ErrUnavailable, "%v", err)
}

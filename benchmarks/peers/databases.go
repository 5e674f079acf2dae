package peers

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"path/filepath"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/tidwall/buntdb"
	"go.etcd.io/bbolt"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// naive is bbolt as anyone begins with it: one transaction for each call.
type naive struct {
	db *bbolt.DB
}

const bucket = "live"

func newNaive(b *bench, ids []string) naive {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "naive.db"), 0o600, nil)
	b.must(err)
	b.closing(db)
	b.must(db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte(bucket))
		for _, id := range ids {
			err = errors.Join(err, put(tx, id))
		}
		return err
	}))
	return naive{db}
}

func put(tx *bbolt.Tx, id string) error {
	until := time.Now().Add(lifetime).UnixMilli()
	return tx.Bucket([]byte(bucket)).Put([]byte(id), binary.BigEndian.AppendUint64(nil, uint64(until)))
}

func (n naive) update(_ context.Context, id string) error {
	return n.db.Update(func(tx *bbolt.Tx) error { return put(tx, id) })
}

func (n naive) batch(_ context.Context, id string) error {
	return n.db.Batch(func(tx *bbolt.Tx) error { return put(tx, id) })
}

func (n naive) view(_ context.Context, id string) error {
	return n.db.View(func(tx *bbolt.Tx) error {
		until := tx.Bucket([]byte(bucket)).Get([]byte(id))
		if until == nil || time.Now().UnixMilli() >= int64(binary.BigEndian.Uint64(until)) {
			return errOffline
		}
		return nil
	})
}

// bunt is buntdb with its default, a sync every second.
type bunt struct {
	db *buntdb.DB
}

func newBunt(b *bench, path string, ids []string) bunt {
	db, err := buntdb.Open(path)
	b.must(err)
	b.Cleanup(func() { db.Close() }) // it may be closed already
	b.must(db.Update(func(tx *buntdb.Tx) error {
		for _, id := range ids {
			if err := set(tx, id); err != nil {
				return err
			}
		}
		return nil
	}))
	return bunt{db}
}

func set(tx *buntdb.Tx, id string) error {
	_, _, err := tx.Set(id, "online", &buntdb.SetOptions{Expires: true, TTL: lifetime})
	return err
}

func (d bunt) refresh(_ context.Context, id string) error {
	return d.db.Update(func(tx *buntdb.Tx) error {
		if _, err := tx.Get(id); err != nil {
			return err
		}
		return set(tx, id)
	})
}

// badgered is badger. If it does not sync each write, it does so every second.
type badgered struct {
	db *badger.DB
}

func newBadger(b *bench, syncWrites bool, ids []string) badgered {
	db, err := badger.Open(badger.DefaultOptions(b.TempDir()).WithLogger(nil).WithSyncWrites(syncWrites))
	b.must(err)
	b.closing(db)
	w := db.NewWriteBatch()
	for _, id := range ids {
		b.must(w.SetEntry(entry(id)))
	}
	b.must(w.Flush())
	if !syncWrites {
		b.every(time.Second, db.Sync)
	}
	return badgered{db}
}

func entry(id string) *badger.Entry {
	return badger.NewEntry([]byte(id), []byte("online")).WithTTL(lifetime)
}

func (d badgered) setOnline(_ context.Context, id string) error {
	return d.db.Update(func(txn *badger.Txn) error { return txn.SetEntry(entry(id)) })
}

func (d badgered) refresh(_ context.Context, id string) error {
	return d.db.Update(func(txn *badger.Txn) error {
		if _, err := txn.Get([]byte(id)); err != nil {
			return err
		}
		return txn.SetEntry(entry(id))
	})
}

// sqlite is SQLite with a write-ahead log and one connection, so that writers
// queue where it costs least.
type sqlite struct {
	insert, extend *sql.Stmt
}

func newSQLite(b *bench, synchronous string, ids []string) sqlite {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "sqlite.db")+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous("+synchronous+")")
	b.must(err)
	b.closing(db)
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`CREATE TABLE live (id TEXT PRIMARY KEY, until INTEGER) WITHOUT ROWID`)
	b.must(err)
	prepare := func(query string) *sql.Stmt {
		s, err := db.Prepare(query)
		b.must(err)
		b.closing(s)
		return s
	}
	s := sqlite{
		insert: prepare(`INSERT INTO live VALUES (?, ?) ON CONFLICT DO UPDATE SET until = excluded.until`),
		extend: prepare(`UPDATE live SET until = ? WHERE id = ? AND until > ?`),
	}
	_, err = db.Exec(`BEGIN`)
	b.must(err)
	for _, id := range ids {
		b.must(s.setOnline(context.Background(), id))
	}
	_, err = db.Exec(`COMMIT`)
	b.must(err)
	return s
}

func (s sqlite) setOnline(ctx context.Context, id string) error {
	_, err := s.insert.ExecContext(ctx, id, time.Now().Add(lifetime).UnixMilli())
	return err
}

func (s sqlite) refresh(ctx context.Context, id string) error {
	now := time.Now()
	r, err := s.extend.ExecContext(ctx, now.Add(lifetime).UnixMilli(), id, now.UnixMilli())
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	return found(n == 1, err)
}

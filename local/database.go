package local

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// busyTimeout is how long, in milliseconds, a statement waits for another
// process's lock on the database: far longer than any of our transactions.
const busyTimeout = 30_000

// schema is the database, one step per version: step n brings a database of
// user_version n to n+1. A step that was released is never changed.
var schema = []string{
	`CREATE TABLE parts (
		tenant TEXT NOT NULL, name TEXT NOT NULL,
		rows INTEGER NOT NULL, bytes INTEGER NOT NULL, checksum TEXT NOT NULL,
		min_time INTEGER NOT NULL, max_time INTEGER NOT NULL, -- milliseconds since 1970
		PRIMARY KEY (tenant, name)) WITHOUT ROWID, STRICT;
	CREATE TABLE runs (
		tenant TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL,
		PRIMARY KEY (tenant, name)) WITHOUT ROWID, STRICT;
	CREATE TABLE conflicts (
		tenant TEXT NOT NULL, account TEXT NOT NULL, event_id TEXT NOT NULL,
		body BLOB NOT NULL, -- SHA-256 of raw
		time INTEGER NOT NULL, source TEXT NOT NULL, raw BLOB NOT NULL,
		PRIMARY KEY (tenant, account, event_id, body)) WITHOUT ROWID, STRICT;
	CREATE TABLE ingested (
		tenant TEXT NOT NULL, uri TEXT NOT NULL, version TEXT NOT NULL,
		at INTEGER NOT NULL, -- nanoseconds since 1970
		bytes INTEGER NOT NULL, events INTEGER NOT NULL, added INTEGER NOT NULL,
		duplicates INTEGER NOT NULL, conflicts INTEGER NOT NULL, quarantined INTEGER NOT NULL,
		PRIMARY KEY (tenant, uri)) WITHOUT ROWID, STRICT;
	CREATE TABLE quarantine (
		tenant TEXT NOT NULL, uri TEXT NOT NULL, seq INTEGER NOT NULL,
		start INTEGER NOT NULL, reason TEXT NOT NULL, excerpt BLOB NOT NULL,
		PRIMARY KEY (tenant, uri, seq)) WITHOUT ROWID, STRICT;
	CREATE TABLE facts (
		tenant TEXT NOT NULL, account TEXT NOT NULL, resource TEXT NOT NULL,
		key TEXT NOT NULL, data BLOB NOT NULL,
		PRIMARY KEY (tenant, account, resource, key)) WITHOUT ROWID, STRICT;
	CREATE TABLE snapshots (
		tenant TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL,
		region TEXT NOT NULL, at INTEGER NOT NULL, complete INTEGER NOT NULL,
		PRIMARY KEY (tenant, id)) WITHOUT ROWID, STRICT;
	CREATE TABLE freshness (
		tenant TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
		last INTEGER NOT NULL, -- seconds since 1970
		PRIMARY KEY (tenant, account, region)) WITHOUT ROWID, STRICT;
	CREATE TABLE sheets (
		tenant TEXT NOT NULL, id TEXT NOT NULL, offer TEXT NOT NULL, version TEXT NOT NULL,
		published INTEGER NOT NULL, regions TEXT NOT NULL, -- separated by blanks
		rates INTEGER NOT NULL, bytes INTEGER NOT NULL, source TEXT NOT NULL,
		PRIMARY KEY (tenant, id)) WITHOUT ROWID, STRICT;`,

	// Queues. Times are nanoseconds since 1970.
	`CREATE TABLE messages (
		tenant TEXT NOT NULL, queue TEXT NOT NULL, id TEXT NOT NULL,
		due INTEGER NOT NULL, -- from then on it may be received
		sent INTEGER NOT NULL, receives INTEGER NOT NULL,
		first INTEGER NOT NULL, -- when it was first received; 0 before
		receipt INTEGER NOT NULL, -- of the last delivery; 0 before
		reason TEXT NOT NULL, -- why that failed
		body BLOB NOT NULL,
		PRIMARY KEY (tenant, queue, id)) WITHOUT ROWID, STRICT;
	CREATE INDEX messages_due ON messages (tenant, queue, due, sent, receives);
	CREATE TABLE letters (
		tenant TEXT NOT NULL, queue TEXT NOT NULL, id TEXT NOT NULL,
		died INTEGER NOT NULL, sent INTEGER NOT NULL, receives INTEGER NOT NULL,
		first INTEGER NOT NULL, reason TEXT NOT NULL, body BLOB NOT NULL,
		PRIMARY KEY (tenant, queue, id)) WITHOUT ROWID, STRICT;
	CREATE INDEX letters_died ON letters (tenant, queue, died, sent);`,

	// Who may ask, and what was noticed. Times are nanoseconds since 1970.
	`CREATE TABLE credentials (
		tenant TEXT NOT NULL, id TEXT NOT NULL, hash BLOB NOT NULL UNIQUE, -- SHA-256 of the secret
		via TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
		used INTEGER, -- NULL: never
		expires INTEGER NOT NULL,
		PRIMARY KEY (tenant, id)) WITHOUT ROWID, STRICT;
	CREATE TABLE notices (
		tenant TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL,
		noticed INTEGER NOT NULL, time INTEGER NOT NULL, -- of what it is about
		kind TEXT NOT NULL, severity TEXT NOT NULL, title TEXT NOT NULL, detail TEXT NOT NULL,
		account TEXT NOT NULL, region TEXT NOT NULL, resource TEXT NOT NULL, event_id TEXT NOT NULL,
		principal TEXT NOT NULL, actor TEXT NOT NULL, ip TEXT NOT NULL,
		delta INTEGER NOT NULL, currency TEXT NOT NULL, -- billionths per hour
		about TEXT NOT NULL, -- the notice's key
		PRIMARY KEY (tenant, id)) WITHOUT ROWID, STRICT;
	CREATE INDEX notices_noticed ON notices (tenant, noticed DESC, time DESC, id);
	CREATE INDEX notices_state ON notices (tenant, state, noticed DESC, time DESC, id);`,
}

// connect gives a pool of connections to the database at path, each with the
// pragmas. Nothing is opened before the first use.
func connect(path string, params url.Values) *sql.DB {
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: params.Encode()}
	connector, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		panic("local: a fixed set of pragmas is refused: " + err.Error())
	}
	return sql.OpenDB(connector)
}

// writerPragmas: a commit is on the disk when it returns (WAL with full
// synchronisation), and a transaction takes the write lock when it begins, so
// that it cannot fail half-way for want of it.
func writerPragmas() url.Values {
	v := url.Values{"_txlock": {"immediate"}}
	for _, p := range []string{"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"} {
		v.Add("_pragma", p)
	}
	v.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyTimeout))
	return v
}

// readerPragmas: a reader changes nothing. A database without a log, in a
// folder in which none can be made, cannot change either; only then may SQLite
// do without locks.
func readerPragmas(path string) url.Values {
	v := url.Values{}
	v.Add("_pragma", "query_only(1)")
	v.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busyTimeout))
	if !writable(filepath.Dir(path)) && !hasLog(path) {
		v.Set("mode", "ro")
		v.Set("immutable", "1")
	}
	return v
}

func hasLog(path string) bool {
	info, err := os.Stat(path + "-wal")
	return err == nil && info.Size() > 0
}

// migrate brings the database to the newest schema, all steps in one
// transaction.
func migrate(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	version, err := schemaVersion(ctx, tx)
	if err != nil || version == len(schema) {
		return err
	}
	for _, step := range schema[version:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("upgrade the database: %w", err)
		}
	}
	// A pragma takes no parameters.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(schema))); err != nil {
		return fmt.Errorf("upgrade the database: %w", err)
	}
	return tx.Commit()
}

// checkSchema says whether a reader can make sense of the database.
func checkSchema(ctx context.Context, db *sql.DB) error {
	version, err := schemaVersion(ctx, db)
	if err == nil && version < len(schema) {
		return ErrOlder
	}
	return err
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func schemaVersion(ctx context.Context, q querier) (int, error) {
	var version int
	if err := q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, err
	}
	if version > len(schema) {
		return 0, fmt.Errorf("%w (schema %d, this one knows %d)", ErrNewer, version, len(schema))
	}
	return version, nil
}

// sqliteCode is the primary result code of an error of SQLite, 0 for others.
func sqliteCode(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}

func isDamaged(err error) bool {
	code := sqliteCode(err)
	return code == sqlite3.SQLITE_NOTADB || code == sqlite3.SQLITE_CORRUPT
}

func isReadOnlyDisk(err error) bool {
	return errors.Is(err, syscall.EROFS) || sqliteCode(err) == sqlite3.SQLITE_READONLY
}

func isNotFolder(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

//! What a session keeps in the SQLite of its object: the setup, the piece, the log, the report.

use std::cell::Cell;
use std::ops::Range;

use etude_engine::fair::{Batch, Earlier};
use etude_engine::protocol::EVENTS_PER_FRAME_MAX;
use etude_engine::score::{Score, ScoreDigest};
use etude_engine::session::{Config, Event, EventKind};
use serde::{Deserialize, Serialize};
use worker::{Error, Result, SqlStorage, SqlStorageValue};

use crate::blob;
use crate::log::{self, Events, LogError, Row};
use crate::migrations::{self, Migrations};
use crate::packed::Packed;

/// What a session was opened with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub(crate) tenant: String,
    pub(crate) session: String,
    pub(crate) piece: String,
    pub(crate) config: Config,
    pub(crate) player: Option<String>,
    /// When, in milliseconds since 1970.
    pub(crate) created_ms: u64,
}

/// The log, and how it came in.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) events: Vec<Event>,
    /// The rows: how many events, and when they arrived, in milliseconds since 1970, where that was written down.
    pub(crate) rows: Vec<(u64, Option<u64>)>,
}

impl Log {
    /// When all of it arrived; nothing where that is not known of a part.
    pub(crate) fn batches(&self) -> Vec<Batch> {
        let batch = |&(events, arrived_ms): &(u64, Option<u64>)| {
            arrived_ms.map(|arrived_ms| Batch { events, arrived_ms })
        };
        self.rows.iter().map(batch).collect::<Option<_>>().unwrap_or_default()
    }

    /// Whether it goes up to the end of the take.
    pub(crate) fn ends(&self) -> bool {
        self.events.last().is_some_and(|last| last.kind == EventKind::End)
    }
}

/// Tables of a session. Nothing is created before [`SessionStore::open`], so that asking for a session that does not
/// exist leaves no trace.
pub(crate) struct SessionStore {
    sql: SqlStorage,
    exists: Cell<bool>,
}

/// The first version made its tables without writing down that it did.
const MIGRATIONS: Migrations = &[
    &[
        blob::SCHEMA,
        "CREATE TABLE IF NOT EXISTS setup (only INTEGER PRIMARY KEY CHECK (only = 1), setup TEXT NOT NULL, score TEXT \
         NOT NULL)",
        "CREATE TABLE IF NOT EXISTS log (first_seq INTEGER PRIMARY KEY, count INTEGER NOT NULL, events TEXT NOT NULL)",
    ],
    &[
        // When a batch arrived, by the service's clock, in milliseconds since 1970. Judging never looks at it.
        "ALTER TABLE log ADD COLUMN at_ms INTEGER",
        "CREATE TABLE delivery (only INTEGER PRIMARY KEY CHECK (only = 1), events INTEGER NOT NULL, failures INTEGER NOT \
         NULL, failed_ms INTEGER NOT NULL)",
    ],
    &[
        // What the studio found when it held the take beside earlier ones, as JSON.
        "CREATE TABLE earlier (only INTEGER PRIMARY KEY CHECK (only = 1), found TEXT NOT NULL)",
    ],
];
const PIECE: &str = "piece";
/// The score that was read from the piece, as the engine's bytes: to read it again is most of the work of waking up.
const SCORE: &str = "score";
const REPORT: &str = "report";

impl SessionStore {
    pub(crate) fn new(sql: SqlStorage) -> Self {
        Self { sql, exists: Cell::new(false) }
    }

    /// Whether the session was opened.
    pub(crate) fn exists(&self) -> Result<bool> {
        if !self.exists.get() {
            let table =
                self.first("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'setup' LIMIT 1")?;
            if table.is_some() {
                migrations::run(&self.sql, MIGRATIONS)?;
            }
            self.exists.set(table.is_some());
        }
        Ok(self.exists.get())
    }

    /// Stores what a session is opened with.
    pub(crate) fn open(&self, setup: &Setup, score: &Score, piece: &Packed) -> Result<()> {
        migrations::run(&self.sql, MIGRATIONS)?;
        blob::put(&self.sql, PIECE, piece.as_bytes())?;
        self.put_score(score)?;
        let row: Vec<SqlStorageValue> =
            vec![serde_json::to_string(setup)?.into(), String::from(score.digest()).into()];
        self.sql.exec("INSERT INTO setup (only, setup, score) VALUES (1, ?, ?)", row)?;
        self.exists.set(true);
        Ok(())
    }

    /// What the session was opened with, and the score that was read from its piece then. `None` where no session is.
    pub(crate) fn setup(&self) -> Result<Option<(Setup, ScoreDigest)>> {
        if !self.exists()? {
            return Ok(None);
        }
        match self.first("SELECT setup, score FROM setup LIMIT 1")?.as_deref() {
            Some([SqlStorageValue::String(setup), SqlStorageValue::String(score)]) => {
                let score =
                    ScoreDigest::try_from(score.clone()).map_err(|error| unreadable("score", error))?;
                Ok(Some((serde_json::from_str(setup)?, score)))
            }
            _ => Ok(None),
        }
    }

    /// The file of the piece.
    pub(crate) fn piece(&self) -> Result<Vec<u8>> {
        let kept = blob::read(&self.sql, PIECE)?.ok_or_else(|| unreadable(PIECE, "it is missing"))?;
        Packed::from_bytes(kept).unpack()
    }

    /// The score as this version of the engine has read it from the piece, if it has.
    pub(crate) fn score(&self) -> Result<Option<Score>> {
        let bytes = blob::read(&self.sql, SCORE)?;
        Ok(bytes.and_then(|bytes| Score::from_bytes(&bytes).ok()))
    }

    /// Stores the score that was read from the piece.
    pub(crate) fn put_score(&self, score: &Score) -> Result<()> {
        blob::put(&self.sql, SCORE, &score.to_bytes())
    }

    /// Appends a batch to the log. Refused where events of these numbers already stand.
    pub(crate) fn append(&self, row: Row, at_ms: u64) -> Result<()> {
        let row: Vec<SqlStorageValue> = vec![
            SqlStorageValue::try_from_i64(row.first.cast_signed())?,
            SqlStorageValue::try_from_i64(row.count.cast_signed())?,
            match row.events {
                Events::Packed(bytes) => SqlStorageValue::Blob(bytes),
                Events::Json(text) => SqlStorageValue::String(text),
            },
            SqlStorageValue::try_from_i64(at_ms.cast_signed())?,
        ];
        self.sql.exec("INSERT INTO log (first_seq, count, events, at_ms) VALUES (?, ?, ?, ?)", row)?;
        Ok(())
    }

    /// The whole log.
    pub(crate) fn log(&self) -> Result<std::result::Result<Log, LogError>> {
        let cursor =
            self.sql.exec("SELECT first_seq, count, events, at_ms FROM log ORDER BY first_seq", None)?;
        let mut arrivals = Vec::new();
        let mut read = |row: Result<Vec<SqlStorageValue>>| {
            let mut row = row?;
            let at_ms = row.pop();
            let row = read_row(row)?;
            let arrived_ms = match at_ms {
                Some(SqlStorageValue::Integer(at_ms)) => Some(at_ms.cast_unsigned()),
                // A version that did not write it down.
                _ => None,
            };
            arrivals.push((row.count, arrived_ms));
            Ok(row)
        };
        let rows: Vec<Row> = cursor.raw().map(&mut read).collect::<Result<_>>()?;
        Ok(log::events(rows).map(|events| Log { events, rows: arrivals }))
    }

    /// The rows that hold events of these numbers.
    pub(crate) fn rows(&self, events: &Range<u64>) -> Result<Vec<Row>> {
        let numbers: Vec<SqlStorageValue> = vec![
            SqlStorageValue::try_from_i64(events.start.cast_signed())?,
            SqlStorageValue::try_from_i64(events.end.cast_signed())?,
        ];
        // A row holds at most as many events as a frame, so the index finds where to begin.
        let query = format!(
            "SELECT first_seq, count, events FROM log WHERE first_seq > ?1 - {EVENTS_PER_FRAME_MAX} AND first_seq < ?2 \
             AND first_seq + count > ?1 ORDER BY first_seq"
        );
        self.sql.exec(&query, numbers)?.raw().map(|row| read_row(row?)).collect()
    }

    /// How many events the log holds.
    pub(crate) fn events(&self) -> Result<u64> {
        let last = self.first("SELECT first_seq + count FROM log ORDER BY first_seq DESC LIMIT 1")?;
        match last.as_deref() {
            Some([SqlStorageValue::Integer(events)]) => Ok(events.cast_unsigned()),
            _ => Ok(0),
        }
    }

    /// Whether the log ends with the end of the take.
    pub(crate) fn ends(&self) -> Result<bool> {
        let last = self.first("SELECT events FROM log ORDER BY first_seq DESC LIMIT 1")?;
        let last = last.and_then(|mut row| row.pop()).and_then(events);
        // What cannot be read has no end; who judges it finds out.
        let events = last.and_then(|events| events.read().ok()).unwrap_or_default();
        Ok(events.last().is_some_and(|last| last.kind == EventKind::End))
    }

    /// When the last batch of the log arrived, in milliseconds since 1970.
    pub(crate) fn last_ms(&self) -> Result<Option<u64>> {
        let last = self.first("SELECT at_ms FROM log ORDER BY first_seq DESC LIMIT 1")?;
        match last.as_deref() {
            Some([SqlStorageValue::Integer(at_ms)]) => Ok(Some(at_ms.cast_unsigned())),
            _ => Ok(None),
        }
    }

    /// How the deliveries to the studio went: events of the last that arrived, failures since, and when the last was.
    pub(crate) fn delivery(&self) -> Result<(u64, u32, u64)> {
        let row = self.first("SELECT events, failures, failed_ms FROM delivery LIMIT 1")?;
        match row.as_deref() {
            Some(
                [
                    SqlStorageValue::Integer(events),
                    SqlStorageValue::Integer(failures),
                    SqlStorageValue::Integer(failed_ms),
                ],
            ) => Ok((
                events.cast_unsigned(),
                u32::try_from(*failures).unwrap_or(u32::MAX),
                failed_ms.cast_unsigned(),
            )),
            _ => Ok((0, 0, 0)),
        }
    }

    /// Writes down how the deliveries went.
    pub(crate) fn set_delivery(&self, (events, failures, failed_ms): (u64, u32, u64)) -> Result<()> {
        let row: Vec<SqlStorageValue> = vec![
            SqlStorageValue::try_from_i64(events.cast_signed())?,
            SqlStorageValue::Integer(failures.into()),
            SqlStorageValue::try_from_i64(failed_ms.cast_signed())?,
        ];
        let query = "INSERT OR REPLACE INTO delivery (only, events, failures, failed_ms) VALUES (1, ?, ?, ?)";
        self.sql.exec(query, row)?;
        Ok(())
    }

    /// What the studio found beside earlier takes; `None` until it was asked.
    pub(crate) fn earlier(&self) -> Result<Option<Earlier>> {
        match self.first("SELECT found FROM earlier LIMIT 1")?.as_deref() {
            Some([SqlStorageValue::String(found)]) => Ok(Some(serde_json::from_str(found)?)),
            _ => Ok(None),
        }
    }

    /// Writes down what the studio found.
    pub(crate) fn set_earlier(&self, earlier: &Earlier) -> Result<()> {
        let row: Vec<SqlStorageValue> = vec![serde_json::to_string(earlier)?.into()];
        self.sql.exec("INSERT OR REPLACE INTO earlier (only, found) VALUES (1, ?)", row)?;
        Ok(())
    }

    /// Forgets that there was a session, once its storage is gone.
    pub(crate) fn forget(&self) {
        self.exists.set(false);
    }

    /// The report as JSON, once the take has ended.
    pub(crate) fn report(&self) -> Result<Option<String>> {
        match blob::read(&self.sql, REPORT)? {
            Some(report) => String::from_utf8(report).map(Some).map_err(|error| unreadable(REPORT, error)),
            None => Ok(None),
        }
    }

    /// Whether the report is stored.
    pub(crate) fn has_report(&self) -> Result<bool> {
        blob::exists(&self.sql, REPORT)
    }

    /// Stores the report.
    pub(crate) fn put_report(&self, report: &str) -> Result<()> {
        blob::put(&self.sql, REPORT, report.as_bytes())
    }

    /// `SqlCursor::one` throws through wasm where there is no row; this does not.
    fn first(&self, query: &str) -> Result<Option<Vec<SqlStorageValue>>> {
        self.sql.exec(query, None)?.raw().next().transpose()
    }
}

fn read_row(row: Vec<SqlStorageValue>) -> Result<Row> {
    let columns: Option<[SqlStorageValue; 3]> = row.try_into().ok();
    if let Some([SqlStorageValue::Integer(first), SqlStorageValue::Integer(count), of_row]) = columns
        && let Some(events) = events(of_row)
    {
        return Ok(Row { first: first.cast_unsigned(), count: count.cast_unsigned(), events });
    }
    Err(unreadable("log", "a row has other columns"))
}

fn events(column: SqlStorageValue) -> Option<Events> {
    match column {
        SqlStorageValue::Blob(bytes) => Some(Events::Packed(bytes)),
        SqlStorageValue::String(text) => Some(Events::Json(text)),
        _ => None,
    }
}

fn unreadable(what: &str, reason: impl std::fmt::Display) -> Error {
    Error::RustError(format!("the stored {what} cannot be read: {reason}"))
}

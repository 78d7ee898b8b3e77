//! What a tenant keeps in the SQLite of its studio: pieces, attempts, and how much came lately.

use etude_engine::fair::Fingerprint;
use worker::{Error, Result, SqlStorage, SqlStorageValue};

use crate::attempt::{Attempt, Delivery, MeasureResult};
use crate::blob;
use crate::migrations::{self, Migrations};
use crate::packed::Packed;
use crate::piece::PieceInfo;
use crate::rate::{Bucket, Rate, TooFast};

/// The first version made its tables without writing down that it did.
const MIGRATIONS: Migrations = &[
    &[
        blob::SCHEMA,
        "CREATE TABLE IF NOT EXISTS piece (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL, info TEXT NOT NULL)",
    ],
    &[
        "CREATE TABLE attempt (session TEXT PRIMARY KEY, piece TEXT NOT NULL, player TEXT, created_ms INTEGER NOT NULL, \
         events INTEGER NOT NULL, info TEXT NOT NULL, measures TEXT NOT NULL)",
        "CREATE INDEX attempt_by_time ON attempt (created_ms, session)",
        "CREATE INDEX attempt_by_player ON attempt (player, created_ms, session)",
        "CREATE INDEX attempt_by_piece ON attempt (piece, created_ms, session)",
        "CREATE TABLE bucket (name TEXT PRIMARY KEY, bucket TEXT NOT NULL)",
    ],
    &[
        "ALTER TABLE attempt ADD COLUMN fingerprint TEXT",
        // Of its report, as JSON.
        "ALTER TABLE attempt ADD COLUMN signature TEXT",
    ],
];

pub(crate) struct StudioStore {
    sql: SqlStorage,
}

/// Which attempts are asked for.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) piece: Option<String>,
    pub(crate) player: Option<String>,
    /// Only those older than the attempt of this session.
    pub(crate) before: Option<String>,
    pub(crate) limit: u32,
}

/// A player, and what is known of them.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Player {
    player: String,
    attempts: i64,
    /// When the last of their sessions was opened, in milliseconds since 1970.
    last_ms: i64,
}

/// What there is, as numbers.
#[derive(Debug)]
pub(crate) struct Inventory {
    pub(crate) pieces: i64,
    pub(crate) piece_bytes: i64,
    pub(crate) attempts: i64,
    pub(crate) database_bytes: usize,
}

impl StudioStore {
    pub(crate) fn new(sql: SqlStorage) -> Result<Self> {
        migrations::run(&sql, MIGRATIONS)?;
        Ok(Self { sql })
    }

    /// What is told of a piece, as JSON.
    pub(crate) fn piece(&self, name: &str) -> Result<Option<String>> {
        self.text("SELECT info FROM piece WHERE name = ? LIMIT 1", name)
    }

    /// All pieces, by name, as JSON.
    pub(crate) fn pieces(&self) -> Result<Vec<String>> {
        let rows = self.sql.exec("SELECT info FROM piece ORDER BY name", None)?;
        rows.raw().map(|row| Ok(string(&row?, 0))).collect()
    }

    pub(crate) fn piece_file(&self, name: &str) -> Result<Option<Packed>> {
        Ok(blob::read(&self.sql, name)?.map(Packed::from_bytes))
    }

    /// Keeps what the newest engine read from a file that is there already.
    pub(crate) fn renew_piece(&self, piece: &PieceInfo) -> Result<()> {
        let info = serde_json::to_string(piece)?;
        self.sql.exec(
            "UPDATE piece SET info = ? WHERE name = ?",
            vec![info.into(), piece.piece.as_str().into()],
        )?;
        Ok(())
    }

    pub(crate) fn add_piece(&self, piece: &PieceInfo, file: &Packed) -> Result<()> {
        blob::put(&self.sql, &piece.piece, file.as_bytes())?;
        let row: Vec<SqlStorageValue> = vec![
            piece.piece.as_str().into(),
            SqlStorageValue::Integer(file.as_bytes().len() as i64),
            serde_json::to_string(piece)?.into(),
        ];
        self.sql.exec("INSERT INTO piece (name, bytes, info) VALUES (?, ?, ?)", row)?;
        Ok(())
    }

    pub(crate) fn delete_piece(&self, name: &str) -> Result<()> {
        blob::delete(&self.sql, name)?;
        self.sql.exec("DELETE FROM piece WHERE name = ?", vec![name.into()])?;
        Ok(())
    }

    /// Takes in an attempt. One that is there is replaced if the new one is of more events; so a delivery that is made
    /// twice, or comes late, changes nothing.
    pub(crate) fn put_attempt(&self, delivery: &Delivery) -> Result<()> {
        let Delivery { attempt, measures, report, fingerprint, signature } = delivery;
        let known = self.sql.exec(
            "SELECT events FROM attempt WHERE session = ? LIMIT 1",
            vec![attempt.session.as_str().into()],
        )?;
        let known = known.raw().next().transpose()?.map(|row| integer(&row, 0));
        if known.is_some_and(|known| known >= attempt.events.cast_signed()) {
            return Ok(());
        }
        blob::put(&self.sql, &report_name(&attempt.session), report.as_bytes())?;
        let row: Vec<SqlStorageValue> = vec![
            attempt.session.as_str().into(),
            attempt.piece.as_str().into(),
            attempt.player.as_deref().map_or(SqlStorageValue::Null, Into::into),
            SqlStorageValue::try_from_i64(attempt.created_ms.cast_signed())?,
            SqlStorageValue::try_from_i64(attempt.events.cast_signed())?,
            serde_json::to_string(attempt)?.into(),
            serde_json::to_string(measures)?.into(),
            String::from(fingerprint.clone()).into(),
            serde_json::to_string(signature)?.into(),
        ];
        self.sql.exec(
            "INSERT OR REPLACE INTO attempt (session, piece, player, created_ms, events, info, measures, fingerprint, \
             signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )?;
        Ok(())
    }

    /// An attempt, its report and the report's signature, all as JSON; `null` where it has none.
    pub(crate) fn attempt(&self, session: &str) -> Result<Option<(String, String, String)>> {
        let query = "SELECT info, COALESCE(signature, 'null') FROM attempt WHERE session = ? LIMIT 1";
        let Some(row) = self.sql.exec(query, vec![session.into()])?.raw().next().transpose()? else {
            return Ok(None);
        };
        let (info, signature) = (string(&row, 0), string(&row, 1));
        let report = blob::read(&self.sql, &report_name(session))?.map(String::from_utf8);
        let report = report.transpose().map_err(|error| Error::RustError(error.to_string()))?;
        Ok(report.map(|report| (info, report, signature)))
    }

    /// The newest attempts at a piece, but for that of a session: whose each is, and by what it is known again.
    pub(crate) fn fingerprints(
        &self,
        piece: &str,
        but_for: &str,
        limit: u32,
    ) -> Result<Vec<(String, Fingerprint)>> {
        let rows = self.sql.exec(
            "SELECT session, fingerprint FROM attempt WHERE piece = ? AND session <> ? AND fingerprint IS NOT NULL \
             ORDER BY created_ms DESC, session DESC LIMIT ?",
            vec![piece.into(), but_for.into(), SqlStorageValue::Integer(limit.into())],
        )?;
        // One that cannot be read is like no other.
        let read = |row: Result<Vec<SqlStorageValue>>| {
            row.map(|row| (string(&row, 0), Fingerprint::try_from(string(&row, 1)).unwrap_or_default()))
        };
        rows.raw().map(read).collect()
    }

    pub(crate) fn delete_attempt(&self, session: &str) -> Result<bool> {
        let known = self.text("SELECT session FROM attempt WHERE session = ? LIMIT 1", session)?.is_some();
        blob::delete(&self.sql, &report_name(session))?;
        self.sql.exec("DELETE FROM attempt WHERE session = ?", vec![session.into()])?;
        Ok(known)
    }

    /// Attempts, the newest first, as JSON.
    pub(crate) fn attempts(&self, wanted: &Wanted) -> Result<Vec<String>> {
        Ok(self.select("info", wanted)?.into_iter().map(|row| string(&row, 0)).collect())
    }

    /// The same with how their measures went.
    pub(crate) fn results(&self, wanted: &Wanted) -> Result<Vec<(Attempt, Vec<MeasureResult>)>> {
        let rows = self.select("info, measures", wanted)?;
        let read = |row: &Vec<SqlStorageValue>| {
            Ok((serde_json::from_str(&string(row, 0))?, serde_json::from_str(&string(row, 1))?))
        };
        rows.iter().map(read).collect()
    }

    pub(crate) fn players(&self) -> Result<Vec<Player>> {
        let rows = self.sql.exec(
            "SELECT player, COUNT(*), MAX(created_ms) FROM attempt WHERE player IS NOT NULL GROUP BY player \
             ORDER BY player",
            None,
        )?;
        let read = |row: Result<Vec<SqlStorageValue>>| {
            let row = row?;
            Ok(Player { player: string(&row, 0), attempts: integer(&row, 1), last_ms: integer(&row, 2) })
        };
        rows.raw().map(read).collect()
    }

    pub(crate) fn inventory(&self) -> Result<Inventory> {
        let number = |query: &str| -> Result<i64> {
            let row = self.sql.exec(query, None)?.raw().next().transpose()?;
            Ok(row.map_or(0, |row| integer(&row, 0)))
        };
        Ok(Inventory {
            pieces: number("SELECT COUNT(*) FROM piece")?,
            piece_bytes: number("SELECT SUM(bytes) FROM piece")?,
            attempts: number("SELECT COUNT(*) FROM attempt")?,
            database_bytes: self.sql.database_size(),
        })
    }

    /// Takes one from a bucket that survives sleep, so that waiting for it does not fill it.
    pub(crate) fn take(
        &self,
        name: &str,
        rate: Rate,
        now_ms: u64,
    ) -> Result<std::result::Result<(), TooFast>> {
        let known = self.text("SELECT bucket FROM bucket WHERE name = ? LIMIT 1", name)?;
        let mut bucket: Bucket = known.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let outcome = rate.take(&mut bucket, 1, now_ms);
        if outcome.is_ok() {
            let row = vec![name.into(), serde_json::to_string(&bucket)?.into()];
            self.sql.exec("INSERT OR REPLACE INTO bucket (name, bucket) VALUES (?, ?)", row)?;
        }
        Ok(outcome)
    }

    fn select(&self, columns: &str, wanted: &Wanted) -> Result<Vec<Vec<SqlStorageValue>>> {
        let mut query = format!("SELECT {columns} FROM attempt WHERE 1");
        let mut values: Vec<SqlStorageValue> = Vec::new();
        for (condition, value) in [
            (" AND piece = ?", &wanted.piece),
            (" AND player = ?", &wanted.player),
            (
                " AND (created_ms, session) < (SELECT created_ms, session FROM attempt WHERE session = ?)",
                &wanted.before,
            ),
        ] {
            if let Some(value) = value {
                query.push_str(condition);
                values.push(value.as_str().into());
            }
        }
        query.push_str(" ORDER BY created_ms DESC, session DESC LIMIT ?");
        values.push(SqlStorageValue::Integer(wanted.limit.into()));
        self.sql.exec(&query, values)?.raw().collect()
    }

    fn text(&self, query: &str, value: &str) -> Result<Option<String>> {
        let row = self.sql.exec(query, vec![value.into()])?.raw().next().transpose()?;
        Ok(row.map(|row| string(&row, 0)))
    }
}

fn report_name(session: &str) -> String {
    format!("report/{session}")
}

fn string(row: &[SqlStorageValue], column: usize) -> String {
    match row.get(column) {
        Some(SqlStorageValue::String(text)) => text.clone(),
        _ => String::new(),
    }
}

fn integer(row: &[SqlStorageValue], column: usize) -> i64 {
    match row.get(column) {
        Some(SqlStorageValue::Integer(number)) => *number,
        _ => 0,
    }
}

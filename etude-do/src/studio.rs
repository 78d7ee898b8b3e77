//! The studio object: keeps the pieces, by the hash of their file.

use worker::{DurableObject, Env, Request, Response, SqlStorage, SqlStorageValue, State, durable_object};

use crate::api::body;
use crate::api::error::ApiError;
use crate::api::route::Route;
use crate::blob;
use crate::id::PieceId;
use crate::piece::{FILE_BYTES_MAX, PieceInfo};

/// Most bytes of pieces a studio keeps: well below what the storage of one object can hold.
pub const PIECES_BYTES_MAX: u64 = 4 << 30;

/// Where a Worker finds the files; beside the addresses that it passes on from outside.
const FILES: &str = "/file/";

/// Keeps the pieces.
#[durable_object(fetch)]
pub struct StudioObject {
    state: State,
}

impl DurableObject for StudioObject {
    fn new(state: State, _env: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        match self.answer(request).await {
            Ok(response) => Ok(response),
            Err(error) => error.into_response(),
        }
    }
}

/// Where the Worker finds the file of a piece.
pub(crate) fn file_url(piece: PieceId) -> String {
    format!("https://studio{FILES}{piece}")
}

impl StudioObject {
    async fn answer(&self, mut request: Request) -> Result<Response, ApiError> {
        let sql = self.sql()?;
        let path = request.path();
        if let Some(piece) = path.strip_prefix(FILES) {
            return Ok(Response::from_bytes(blob::read(&sql, piece)?.ok_or(ApiError::NoPiece)?)?);
        }
        match Route::parse(request.method().as_ref(), &path)? {
            Route::UploadPiece => keep(&sql, &body::read(&mut request, FILE_BYTES_MAX).await?),
            Route::Piece(piece) => {
                let info = info(&sql, &piece.to_string())?.ok_or(ApiError::NoPiece)?;
                let mut response = Response::ok(info)?;
                response.headers_mut().set("Content-Type", "application/json")?;
                Ok(response)
            }
            _ => Err(ApiError::NoRoute),
        }
    }

    fn sql(&self) -> worker::Result<SqlStorage> {
        let sql = self.state.storage().sql();
        sql.exec(blob::SCHEMA, None)?;
        sql.exec(
            "CREATE TABLE IF NOT EXISTS piece (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL, info TEXT NOT NULL)",
            None,
        )?;
        Ok(sql)
    }
}

/// Nothing waits in here, so the rows of a piece reach the disk together. The same file again is the same piece; what
/// is known of it is what the newest engine read from it.
fn keep(sql: &SqlStorage, file: &[u8]) -> Result<Response, ApiError> {
    let piece = PieceInfo::read(file)?;
    let name = piece.piece.as_str();
    let text = serde_json::to_string(&piece).map_err(worker::Error::from)?;
    if info(sql, name)?.is_some() {
        sql.exec("UPDATE piece SET info = ? WHERE name = ?", vec![text.into(), name.into()])?;
        return Ok(Response::from_json(&piece)?);
    }
    let kept = kept_bytes(sql)?;
    if kept.saturating_add(piece.bytes) > PIECES_BYTES_MAX {
        return Err(ApiError::StudioFull(kept));
    }
    blob::put(sql, name, file)?;
    let bytes = SqlStorageValue::Integer(file.len() as i64);
    sql.exec(
        "INSERT INTO piece (name, bytes, info) VALUES (?, ?, ?)",
        vec![name.into(), bytes, text.into()],
    )?;
    Ok(Response::from_json(&piece)?.with_status(201))
}

fn info(sql: &SqlStorage, piece: &str) -> worker::Result<Option<String>> {
    let rows = sql.exec("SELECT info FROM piece WHERE name = ? LIMIT 1", vec![piece.into()])?;
    match rows.raw().next().transpose()?.and_then(|mut row| row.pop()) {
        Some(SqlStorageValue::String(info)) => Ok(Some(info)),
        _ => Ok(None),
    }
}

fn kept_bytes(sql: &SqlStorage) -> worker::Result<u64> {
    let rows = sql.exec("SELECT SUM(bytes) FROM piece", None)?;
    match rows.raw().next().transpose()?.and_then(|mut row| row.pop()) {
        Some(SqlStorageValue::Integer(bytes)) => Ok(u64::try_from(bytes).unwrap_or_default()),
        _ => Ok(0),
    }
}

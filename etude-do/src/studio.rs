//! The studio object: all that a tenant keeps beyond its sessions. Pieces by the hash of their file, and the attempts at
//! them.

use etude_engine::fair::{Earlier, REPLAY_PERMILLE};
use serde::Serialize;
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::api::body;
use crate::api::error::ApiError;
use crate::api::query::Query;
use crate::api::route::Route;
use crate::attempt::{Attempt, CSV_HEAD, Comparison, Delivery, MeasureResult, csv_line};
use crate::clock::now_ms;
use crate::id::PieceId;
use crate::metrics;
use crate::packed::Packed;
use crate::piece::{FILE_BYTES_MAX, PieceInfo, media_type};
use crate::settings::Settings;
use crate::studio_store::{StudioStore, Wanted};

/// Most bytes of pieces a studio keeps: well below what the storage of one object can hold.
pub const PIECES_BYTES_MAX: u64 = 4 << 30;
/// Most attempts told at once.
pub const ATTEMPTS_MAX: u32 = 1_000;
/// Attempts that a trend is made of, the newest.
pub const TREND_ATTEMPTS_MAX: u32 = 100;
/// Attempts that a take is compared with, the newest at its piece.
const COMPARED_MAX: u32 = 1_000;
/// Most of them that are named where they are alike.
const ALIKE_MAX: usize = 8;
/// Largest delivery of a session: a report, and some more.
const DELIVERY_BYTES_MAX: usize = 48 * 1024 * 1024;

/// Where a Worker finds the file of a piece to open a session on, where a session delivers, and where the numbers are; beside
/// the addresses that are passed on from outside.
const FILES: &str = "/file/";
const DELIVER: &str = "/deliver";
const COMPARE: &str = "/compare";
const METRICS: &str = "/metrics";

/// Keeps the pieces and attempts of a tenant.
#[durable_object(fetch)]
pub struct StudioObject {
    state: State,
    env: Env,
}

impl DurableObject for StudioObject {
    fn new(state: State, env: Env) -> Self {
        Self { state, env }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        match self.answer(request).await {
            Ok(response) => Ok(response),
            Err(error) => error.into_response(),
        }
    }
}

/// Where the Worker finds the file of a piece that a session is opened on.
pub(crate) fn file_url(piece: PieceId) -> String {
    format!("https://studio{FILES}{piece}")
}

/// Where a session delivers.
pub(crate) fn deliver_url() -> String {
    format!("https://studio{DELIVER}")
}

/// Where a session has its take compared with the attempts at its piece.
pub(crate) fn compare_url() -> String {
    format!("https://studio{COMPARE}")
}

/// Where the studio's numbers are.
pub(crate) fn metrics_url() -> String {
    format!("https://studio{METRICS}")
}

impl StudioObject {
    async fn answer(&self, mut request: Request) -> Result<Response, ApiError> {
        let path = request.path();
        if path == DELIVER {
            let delivery: Delivery = body::read_json(&mut request, DELIVERY_BYTES_MAX).await?;
            self.store()?.put_attempt(&delivery)?;
            return Ok(Response::empty()?.with_status(204));
        }
        if path == COMPARE {
            let comparison: Comparison = body::read_json(&mut request, DELIVERY_BYTES_MAX).await?;
            return Ok(Response::from_json(&compare(&self.store()?, &comparison)?)?);
        }
        if path == METRICS {
            return Ok(Response::ok(metrics::inventory(&self.store()?.inventory()?))?);
        }
        if let Some(piece) = path.strip_prefix(FILES) {
            self.limit("open", Settings::of(&self.env).opens)?;
            let file = self.store()?.piece_file(piece)?.ok_or(ApiError::NoPiece)?;
            return Ok(Response::from_bytes(file.as_bytes().to_vec())?);
        }
        let query = Query::of(&request);
        match Route::parse(request.method().as_ref(), &path)? {
            Route::UploadPiece => {
                self.limit("upload", Settings::of(&self.env).uploads)?;
                let file = body::read(&mut request, FILE_BYTES_MAX).await?;
                let piece = PieceInfo::read(&file)?;
                let packed = Packed::of(file).await?;
                keep(&self.store()?, &piece, &packed)
            }
            Route::Pieces => json(list("pieces", &self.store()?.pieces()?, "")),
            Route::Piece(piece) => json(self.store()?.piece(&piece.to_string())?.ok_or(ApiError::NoPiece)?),
            Route::PieceFile(piece) => {
                let file =
                    self.store()?.piece_file(&piece.to_string())?.ok_or(ApiError::NoPiece)?.unpack()?;
                let kind = media_type(&file);
                let mut response = Response::from_bytes(file)?;
                response.headers_mut().set("Content-Type", kind)?;
                Ok(response)
            }
            Route::DeletePiece(piece) => {
                let store = self.store()?;
                store.piece(&piece.to_string())?.ok_or(ApiError::NoPiece)?;
                store.delete_piece(&piece.to_string())?;
                Ok(Response::empty()?.with_status(204))
            }
            Route::Trend(piece) => {
                let wanted = Wanted {
                    piece: Some(piece.to_string()),
                    player: query.text("player"),
                    before: None,
                    limit: TREND_ATTEMPTS_MAX,
                };
                Ok(Response::from_json(&Trend::of(piece, self.store()?.results(&wanted)?))?)
            }
            Route::Attempts => attempts(&self.store()?, &query),
            Route::Attempt(session) => {
                let found = self.store()?.attempt(&session.to_string())?;
                let (attempt, report, signature) = found.ok_or(ApiError::NoAttempt)?;
                json(format!("{{\"attempt\":{attempt},\"report\":{report},\"signature\":{signature}}}"))
            }
            Route::DeleteAttempt(session) => {
                let known = self.store()?.delete_attempt(&session.to_string())?;
                if known { Ok(Response::empty()?.with_status(204)) } else { Err(ApiError::NoAttempt) }
            }
            Route::Players => Ok(Response::from_json(&Players { players: self.store()?.players()? })?),
            _ => Err(ApiError::NoRoute),
        }
    }

    fn store(&self) -> worker::Result<StudioStore> {
        StudioStore::new(self.state.storage().sql())
    }

    fn limit(&self, what: &str, rate: Option<crate::rate::Rate>) -> Result<(), ApiError> {
        let Some(rate) = rate else { return Ok(()) };
        let now_ms = now_ms();
        self.store()?.take(what, rate, now_ms)?.map_err(|too_fast| {
            metrics::RATE_LIMITED.count();
            ApiError::TooFast(too_fast.wait_seconds)
        })
    }
}

/// Nothing waits in here, so the rows of a piece reach the disk together. The same file again is the same piece; what
/// is known of it is what the newest engine read from it.
fn keep(store: &StudioStore, piece: &PieceInfo, file: &Packed) -> Result<Response, ApiError> {
    if store.piece(&piece.piece)?.is_some() {
        store.renew_piece(piece)?;
        return Ok(Response::from_json(piece)?);
    }
    let kept = store.inventory()?.piece_bytes.max(0).cast_unsigned();
    if kept.saturating_add(file.as_bytes().len() as u64) > PIECES_BYTES_MAX {
        return Err(ApiError::StudioFull(kept));
    }
    store.add_piece(piece, file)?;
    Ok(Response::from_json(piece)?.with_status(201))
}

fn attempts(store: &StudioStore, query: &Query) -> Result<Response, ApiError> {
    let limit = match query.text("limit") {
        Some(limit) => match limit.parse() {
            Ok(limit) if (1..=ATTEMPTS_MAX).contains(&limit) => limit,
            _ => return Err(ApiError::Query(format!("limit is a number from 1 to {ATTEMPTS_MAX}"))),
        },
        None => 100,
    };
    let wanted = Wanted {
        piece: query.text("piece"),
        player: query.text("player"),
        before: query.text("before"),
        limit,
    };
    match query.text("format").as_deref() {
        None | Some("json") => {
            let found = store.attempts(&wanted)?;
            let last = found.last().filter(|_| found.len() == limit as usize);
            let last = last.and_then(|last| serde_json::from_str::<Attempt>(last).ok());
            let next = last.map_or("null".to_owned(), |last| format!("\"{}\"", last.session));
            json(list("attempts", &found, &format!(",\"next\":{next}")))
        }
        Some("csv") => {
            let mut table = CSV_HEAD.to_owned();
            for attempt in store.attempts(&wanted)? {
                let attempt = serde_json::from_str(&attempt).map_err(worker::Error::from)?;
                table.push_str(&csv_line(&attempt));
            }
            let mut response = Response::ok(table)?;
            response.headers_mut().set("Content-Type", "text/csv; charset=utf-8")?;
            response.headers_mut().set("Content-Disposition", "attachment; filename=\"attempts.csv\"")?;
            Ok(response)
        }
        Some(_) => Err(ApiError::Query("format is json or csv".to_owned())),
    }
}

/// Holds a take beside the newest attempts at its piece.
fn compare(store: &StudioStore, asked: &Comparison) -> Result<Earlier, ApiError> {
    let known = store.fingerprints(&asked.piece, &asked.session, COMPARED_MAX)?;
    let mut shared: Vec<(u32, String)> = known
        .iter()
        .map(|(session, theirs)| (asked.fingerprint.shared_permille(theirs), session.clone()))
        .collect();
    shared.sort_by(|(one, _), (other, _)| other.cmp(one));
    let shared_permille = shared.first().map_or(0, |(share, _)| *share);
    let alike = shared.into_iter().filter(|(share, _)| i64::from(*share) > REPLAY_PERMILLE);
    Ok(Earlier {
        compared: u32::try_from(known.len()).unwrap_or(u32::MAX),
        shared_permille,
        sessions: alike.take(ALIKE_MAX).map(|(_, session)| session).collect(),
    })
}

/// How each measure went, from attempt to attempt.
#[derive(Serialize)]
struct Trend {
    piece: String,
    /// The oldest first.
    attempts: Vec<Attempt>,
    /// In performed order.
    measures: Vec<TrendMeasure>,
}

#[derive(Serialize)]
struct TrendMeasure {
    number: String,
    pass: u16,
    /// For each of the attempts; none where the measure was not to be played.
    combined: Vec<Option<f64>>,
}

impl Trend {
    fn of(piece: PieceId, mut results: Vec<(Attempt, Vec<MeasureResult>)>) -> Self {
        results.reverse();
        // A measure keeps its place even if an engine in between read another number of them.
        let mut places: Vec<TrendMeasure> = Vec::new();
        for (column, (_, measures)) in results.iter().enumerate() {
            for (place, measure) in measures.iter().enumerate() {
                if place == places.len() {
                    places.push(TrendMeasure {
                        number: measure.number.clone(),
                        pass: measure.pass,
                        combined: vec![None; results.len()],
                    });
                }
                places[place].combined[column] = measure.combined;
            }
        }
        let attempts = results.into_iter().map(|(attempt, _)| attempt).collect();
        Self { piece: piece.to_string(), attempts, measures: places }
    }
}

#[derive(Serialize)]
struct Players {
    players: Vec<crate::studio_store::Player>,
}

/// A list of what is JSON already.
fn list(name: &str, items: &[String], more: &str) -> String {
    format!("{{\"{name}\":[{}]{more}}}", items.join(","))
}

fn json(text: String) -> Result<Response, ApiError> {
    let mut response = Response::ok(text)?;
    response.headers_mut().set("Content-Type", "application/json")?;
    Ok(response)
}

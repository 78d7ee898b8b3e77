//! A take as it is handed out, with the service's word for it.

use etude_engine::fair::{Delivery, Export, FORMAT, Signature};
use etude_engine::score::ScoreDigest;
use etude_engine::session::Config;
use serde::Deserialize;
use serde_json::value::RawValue;
use worker::Response;

use crate::api::error::ApiError;
use crate::api::keys;
use crate::session_object::SessionObject;

/// A take whose report is what is on disk, byte for byte.
pub(crate) type Stored = Export<Box<RawValue>>;

/// Most events of a take that is handed out in one document: about 16 MB of JSON, and some three hours of dense music.
/// An object has 128 MB, and builds it in memory.
pub const EXPORTED_EVENTS_MAX: u64 = 200_000;

impl SessionObject {
    /// The take that has ended, as one document.
    pub(crate) fn take(&self) -> Result<Response, ApiError> {
        if !self.store.exists()? {
            return Err(ApiError::NoSession);
        }
        let events = self.store.events()?;
        if events > EXPORTED_EVENTS_MAX {
            return Err(ApiError::TakeTooLarge(events));
        }
        if !self.store.has_report()? {
            self.with_server(|server| self.store_report(server))?;
        }
        let report = self.store.report()?.ok_or(ApiError::NotEnded)?;
        let take = self.export(report)?;
        let mut response = Response::from_json(&take)?;
        let name = format!("attachment; filename=\"etude-take-{}.json\"", origin(&take.report)?.digest);
        response.headers_mut().set("Content-Disposition", &name)?;
        Ok(response)
    }

    /// The take with its stored report on it, signed with the key of today.
    pub(crate) fn export(&self, report: String) -> Result<Stored, ApiError> {
        let (setup, _) = self.store.setup()?.ok_or(ApiError::NoSession)?;
        let report = RawValue::from_string(report).map_err(|error| ApiError::Stored(error.to_string()))?;
        let Origin { engine, score, config, .. } = origin(&report)?;
        let log = self.stored_log()?;
        let mut events = log.events.into_iter();
        let deliveries = log.rows.iter().map(|&(count, arrived_ms)| {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            Delivery { arrived_ms, events: events.by_ref().take(count).collect() }
        });
        let mut export = Export {
            format: FORMAT.to_owned(),
            log: deliveries.collect(),
            tenant: setup.tenant,
            session: setup.session,
            piece: setup.piece,
            player: setup.player,
            opened_ms: setup.created_ms,
            engine,
            score,
            config,
            report,
            signature: Signature::default(),
        };
        export.signature = keys(&self.env)?.sign_report(&export.statement());
        Ok(export)
    }
}

/// What a report says of how it came about.
#[derive(Deserialize)]
struct Origin {
    digest: String,
    engine: String,
    score: ScoreDigest,
    config: Config,
}

fn origin(report: &RawValue) -> Result<Origin, ApiError> {
    serde_json::from_str(report.get()).map_err(|error| ApiError::Stored(error.to_string()))
}

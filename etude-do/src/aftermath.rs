//! What becomes of a session when nobody plays: its report is delivered, and one day it is deleted.
//!
//! All of it is done by the object's alarm, and decided by [`Standing::due`] from what is on disk. Every session has an
//! alarm from the moment it is opened, and each alarm sets the next, so a crash at any point is made good by it.

use etude_engine::fair::{Earlier, Fingerprint, log_hash};
use etude_engine::protocol::{CLOSE_REFUSED, ErrorCode, Role};
use etude_engine::report::Report;
use etude_engine::session::{Event, EventKind};
use etude_engine::units::Micros;
use worker::Response;
use worker::wasm_bindgen::JsValue;

use crate::api::error::ApiError;
use crate::api::{put, studio_object};
use crate::attempt::{Attempt, Comparison, Delivery, MeasureResult};
use crate::clock::now_ms;
use crate::id::TenantId;
use crate::lifecycle::{Due, Standing};
use crate::session_object::SessionObject;
use crate::session_store::{Log, Setup};
use crate::sockets::{error, refuse};
use crate::studio::{compare_url, deliver_url};
use crate::{journal, metrics};

impl SessionObject {
    /// Does what is due, and sets the next alarm.
    pub(crate) async fn look_after(&self) -> Result<(), ApiError> {
        let Some((setup, _)) = self.store.setup()? else { return Ok(()) };
        let times = self.settings.times;
        match self.standing(&setup)?.due(&times, now_ms()) {
            Due::Nothing(_) => {}
            Due::Delivery => {
                let events = self.store.events()?;
                let outcome = self.deliver(&setup).await;
                let (delivered, failures, _) = self.store.delivery()?;
                match outcome {
                    Ok(()) => {
                        self.store.set_delivery((events.max(delivered), 0, 0))?;
                        metrics::DELIVERED.count();
                        journal::note("session.delivered", &setup.tenant, &setup.session);
                    }
                    Err(problem) => {
                        let now_ms = now_ms();
                        self.store.set_delivery((delivered, failures.saturating_add(1), now_ms))?;
                        metrics::UNDELIVERED.count();
                        journal::fault(
                            "session.undelivered",
                            &setup.tenant,
                            &setup.session,
                            &problem.to_string(),
                        );
                    }
                }
            }
            Due::Deletion => return self.delete(&setup).await,
        }
        self.schedule().await
    }

    /// Sets the alarm to when something is due next.
    pub(crate) async fn schedule(&self) -> Result<(), ApiError> {
        match self.due_in_ms()? {
            Some(wait_ms) => Ok(self.state.storage().set_alarm(wait_ms).await?),
            None => Ok(()),
        }
    }

    /// How long it is until something is due, in milliseconds. Nothing ever is where no session is.
    pub(crate) fn due_in_ms(&self) -> Result<Option<i64>, ApiError> {
        let Some((setup, _)) = self.store.setup()? else { return Ok(None) };
        let now_ms = now_ms();
        let at_ms = match self.standing(&setup)?.due(&self.settings.times, now_ms) {
            Due::Nothing(at_ms) => at_ms,
            Due::Delivery | Due::Deletion => now_ms,
        };
        Ok(Some(i64::try_from(at_ms.saturating_sub(now_ms)).unwrap_or(i64::MAX)))
    }

    /// Deletes the session and all it has on disk.
    pub(crate) async fn delete(&self, setup: &Setup) -> Result<(), ApiError> {
        let sockets = self.sockets();
        for role in [Role::Player, Role::Viewer] {
            for socket in sockets.connected(role)? {
                let message = "the session was deleted".to_owned();
                refuse(&socket, error(ErrorCode::NoSession, message, false), CLOSE_REFUSED);
            }
        }
        self.forget();
        self.state.storage().delete_alarm().await?;
        self.state.storage().delete_all().await?;
        metrics::DELETED.count();
        journal::note("session.deleted", &setup.tenant, &setup.session);
        Ok(())
    }

    fn standing(&self, setup: &Setup) -> Result<Standing, ApiError> {
        let (delivered, failures, failed_ms) = self.store.delivery()?;
        Ok(Standing {
            last_ms: self.store.last_ms()?.unwrap_or(setup.created_ms),
            events: self.store.events()?,
            ended: self.has_ended()?,
            delivered,
            failures,
            failed_ms,
        })
    }

    async fn deliver(&self, setup: &Setup) -> Result<(), ApiError> {
        let comparison = Comparison {
            session: setup.session.clone(),
            piece: setup.piece.clone(),
            fingerprint: Fingerprint::of(&self.stored_log()?.events),
        };
        let earlier: Earlier = self.ask_studio(setup, &compare_url(), &comparison).await?.json().await?;
        self.store.set_earlier(&earlier)?;
        let delivery = self.delivery(setup, earlier)?;
        self.ask_studio(setup, &deliver_url(), &delivery).await.map(drop)
    }

    async fn ask_studio(
        &self,
        setup: &Setup,
        url: &str,
        body: &impl serde::Serialize,
    ) -> Result<Response, ApiError> {
        let body = serde_json::to_string(body).map_err(worker::Error::from)?;
        let request = put(url, &JsValue::from_str(&body))?;
        let tenant: TenantId = setup.tenant.parse().map_err(|_| ApiError::Stored("no tenant".to_owned()))?;
        let response = studio_object(&self.env, &tenant)?.fetch_with_request(request).await?;
        match response.status_code() {
            200 | 204 => Ok(response),
            status => Err(worker::Error::RustError(format!("the studio answered {status}")).into()),
        }
    }

    /// What stands in the log now: events may have come while the studio was asked.
    fn delivery(&self, setup: &Setup, earlier: Earlier) -> Result<Delivery, ApiError> {
        let ended = self.has_ended()?;
        let log = self.stored_log()?;
        let (fingerprint, log_hash) = (Fingerprint::of(&log.events), log_hash(&log.events));
        let report = if ended { self.final_report(earlier)? } else { self.report_so_far(log)? };
        let json = serde_json::to_string(&report).map_err(worker::Error::from)?;
        let signature = if ended { Some(self.export(json.clone())?.signature) } else { None };
        let plausibility = report.plausibility.as_ref();
        let findings =
            plausibility.map(|plausibility| plausibility.findings().map(|check| check.check).collect());
        let attempt = Attempt {
            session: setup.session.clone(),
            piece: setup.piece.clone(),
            player: setup.player.clone(),
            created_ms: setup.created_ms,
            last_ms: self.store.last_ms()?.unwrap_or(setup.created_ms),
            ended,
            events: self.store.events()?,
            engine: report.engine.clone(),
            score: report.score,
            config: report.config,
            total: report.total,
            log: Some(log_hash),
            findings: findings.unwrap_or_default(),
        };
        let measures = MeasureResult::of(&report);
        Ok(Delivery { attempt, measures, report: json, fingerprint, signature })
    }

    pub(crate) fn stored_log(&self) -> Result<Log, ApiError> {
        self.store.log()?.map_err(|error| ApiError::Stored(error.to_string()))
    }

    /// The report of a take that has ended, with what the studio found, and stored in place of that without.
    fn final_report(&self, earlier: Earlier) -> Result<Report, ApiError> {
        self.with_server(|server| {
            server.compare(earlier);
            let report = server.report().ok_or(ApiError::NotEnded)?;
            self.store.put_report(&serde_json::to_string(&report).map_err(worker::Error::from)?)?;
            Ok(report)
        })
    }

    /// The report of a take that has no end, as if it ended here.
    fn report_so_far(&self, mut log: Log) -> Result<Report, ApiError> {
        let at = log.events.iter().map(|event| event.at).max().unwrap_or(Micros(0));
        log.events.push(Event { at, kind: EventKind::End });
        if let Some((events, _)) = log.rows.last_mut() {
            *events += 1;
        }
        let server = self.judged(log)?;
        server.report().ok_or_else(|| ApiError::Stored("the take has no end".to_owned()))
    }
}

//! Asks the service for a session's piece and settings.

use std::time::Duration;

use etude_engine::score::ScoreDigest;
use etude_engine::session::Config;
use serde::Deserialize;

use super::piece::FILE_BYTES_MAX;
use super::{Link, Piece};

/// A whole answer takes no longer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest status and refusal read, in bytes.
const STATUS_BYTES_MAX: u64 = 64 << 10;
/// Most characters of a refusal that are shown.
const REASON_CHARS_MAX: usize = 200;

/// A session, as far as a player must know it.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) piece: Piece,
    /// Its file, for the spool.
    pub(super) file: Vec<u8>,
    pub(super) config: Config,
}

#[derive(Deserialize)]
struct Status {
    config: Config,
    score: ScoreDigest,
    ended: bool,
}

#[derive(Deserialize)]
struct Refused {
    error: Told,
}

#[derive(Deserialize)]
struct Told {
    message: String,
}

/// Fetches it; on a thread of its own, for it waits. An error is a sentence for the player.
pub(super) fn session(link: &Link) -> Result<Fetched, String> {
    let agent = agent()?;
    let status = get(&agent, link, "", STATUS_BYTES_MAX)?;
    let status: Status = serde_json::from_slice(&status)
        .map_err(|error| format!("the service's answer makes no sense to this version of Etude: {error}"))?;
    if status.ended {
        return Err("this session is over: ask for a new link".to_owned());
    }
    let file = get(&agent, link, "/piece", FILE_BYTES_MAX)?;
    let piece =
        Piece::read(&file, "the session's piece".to_owned(), None).map_err(|error| error.to_string())?;
    if piece.score.digest() != status.score {
        return Err("this version of Etude reads the session's piece otherwise than the service does: one of the two \
                    has to be updated"
            .to_owned());
    }
    Ok(Fetched { piece, file, config: status.config })
}

fn agent() -> Result<ureq::Agent, String> {
    // A token must not follow a redirection to another place.
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
    #[cfg(feature = "tls")]
    let config = config.tls_config(tls());
    Ok(config.build().new_agent())
}

/// The platform's roots, and the provider by name: rustls' process-wide default is not a plugin's to set or to rely on.
#[cfg(feature = "tls")]
fn tls() -> ureq::tls::TlsConfig {
    use std::sync::Arc;

    use ureq::tls::{Certificate, RootCerts, TlsConfig};

    let native = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<_> = native.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

fn get(agent: &ureq::Agent, link: &Link, what: &str, bytes_max: u64) -> Result<Vec<u8>, String> {
    let address = format!("{}/v1/sessions/{}{what}", link.base(), link.session());
    let authorization = format!("Bearer {}", link.token());
    let mut response = agent
        .get(&address)
        .header("Authorization", &authorization)
        .call()
        .map_err(|error| format!("the service cannot be reached: {error}"))?;
    let status = response.status();
    let read = |response: &mut ureq::http::Response<ureq::Body>, limit| {
        response.body_mut().with_config().limit(limit).read_to_vec()
    };
    if !status.is_success() {
        let body = read(&mut response, STATUS_BYTES_MAX).unwrap_or_default();
        let told = serde_json::from_slice::<Refused>(&body).map(|refused| refused.error.message);
        let message =
            told.unwrap_or_else(|_| status.canonical_reason().unwrap_or("no reason given").to_owned());
        let message: String = message.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
        return Err(format!("the service refused ({}): {message}", status.as_u16()));
    }
    read(&mut response, bytes_max).map_err(|error| format!("the service's answer broke off: {error}"))
}

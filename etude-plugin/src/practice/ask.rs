//! Asks a service over HTTP. It waits: for a thread of its own.

use std::time::Duration;

use serde::Deserialize;

use super::link;

/// A whole answer takes no longer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest refusal read, in bytes.
const REFUSAL_BYTES_MAX: u64 = 64 << 10;
/// Most characters of a refusal that are shown.
const REASON_CHARS_MAX: usize = 200;

type Response = ureq::http::Response<ureq::Body>;

#[derive(Deserialize)]
struct Refused {
    error: Told,
}

#[derive(Deserialize)]
struct Told {
    message: String,
}

/// A service, and what opens it. An error is a sentence for the player, and the secret does not stand in it.
pub(super) struct Service<'a> {
    agent: ureq::Agent,
    base: &'a str,
    secret: &'a str,
}

impl<'a> Service<'a> {
    /// The service at this address, without a slash at its end; the token or key goes to no other.
    pub(super) fn new(base: &'a str, secret: &'a str) -> Self {
        // A secret must not follow a redirection to another place.
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
        // To this machine nothing is encrypted, so a proxy could read the secret; nor could it find the way.
        let config = if link::is_here(base) { config.proxy(None) } else { config };
        #[cfg(feature = "tls")]
        let config = config.tls_config(tls());
        Self { agent: config.build().new_agent(), base, secret }
    }

    /// What is at this path, of at most so many bytes.
    pub(super) fn get(&self, path: &str, bytes_max: u64) -> Result<Vec<u8>, String> {
        let request = self.agent.get(self.address(path)).header("Authorization", self.authorization());
        self.answer(request.call(), bytes_max)
    }

    /// What it answers to this, of at most so many bytes.
    pub(super) fn post(&self, path: &str, json: &[u8], bytes_max: u64) -> Result<Vec<u8>, String> {
        let request = self.agent.post(self.address(path)).header("Authorization", self.authorization());
        self.answer(request.header("Content-Type", "application/json").send(json), bytes_max)
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn authorization(&self) -> String {
        format!("Bearer {}", self.secret)
    }

    fn answer(&self, response: Result<Response, ureq::Error>, bytes_max: u64) -> Result<Vec<u8>, String> {
        let mut response = response
            .map_err(|error| self.without_secret(&format!("the service cannot be reached: {error}")))?;
        let status = response.status();
        if status.is_success() {
            return read(&mut response, bytes_max)
                .map_err(|error| self.without_secret(&format!("the service's answer broke off: {error}")));
        }
        let body = read(&mut response, REFUSAL_BYTES_MAX).unwrap_or_default();
        let told = serde_json::from_slice::<Refused>(&body).map(|refused| refused.error.message);
        let message =
            told.unwrap_or_else(|_| status.canonical_reason().unwrap_or("no reason given").to_owned());
        let message: String = message.chars().filter(|c| !c.is_control()).collect();
        // Before it is cut off: a part of a secret is not shown either.
        let message: String = self.without_secret(&message).chars().take(REASON_CHARS_MAX).collect();
        Err(format!("the service refused ({}): {message}", status.as_u16()))
    }

    /// A service may say again what it was told, and what went wrong on the way may name it.
    fn without_secret(&self, text: &str) -> String {
        text.replace(self.secret, "…")
    }
}

/// An answer of which this version can make something.
pub(super) fn parsed<T: serde::de::DeserializeOwned>(answer: &[u8]) -> Result<T, String> {
    // What serde tells of the text could be a secret.
    serde_json::from_slice(answer).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        format!("the service's answer makes no sense to this version of Etude (line {line}, column {column})")
    })
}

fn read(response: &mut Response, bytes_max: u64) -> Result<Vec<u8>, ureq::Error> {
    response.body_mut().with_config().limit(bytes_max).read_to_vec()
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

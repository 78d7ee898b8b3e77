//! Where the session is, and how a connection to it is made.

use std::time::Duration;

use etude_engine::protocol::{REPORT_BYTES_MAX, SUBPROTOCOL};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::error::{Error as SocketError, ProtocolError};
use tokio_tungstenite::tungstenite::http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::http::{StatusCode, Uri};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{client::IntoClientRequest, handshake::client::Request};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::proxy::Proxies;
use super::{Refusal, StartError};

/// A connection that is not open after this long is given up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// Most characters of a refusal that are passed on to the player.
const REASON_CHARS_MAX: usize = 200;

/// How a connection is made. The tests' connections run in memory, in virtual time.
pub(super) trait Connect {
    type Stream: AsyncRead + AsyncWrite + Unpin;

    async fn connect(&self) -> Result<WebSocketStream<Self::Stream>, Setback>;
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Setback {
    /// Trying again may help.
    Passing(String),
    /// It will not.
    Lasting(Refusal),
}

/// A session's address and the right to play in it.
pub(super) struct Endpoint {
    request: Request,
    proxies: Proxies,
    #[cfg(feature = "tls")]
    tls: Option<tokio_tungstenite::Connector>,
}

impl Endpoint {
    pub(super) fn new(url: &str, token: &str) -> Result<Self, StartError> {
        let bad_url = |why: &str| StartError::Url { url: url.to_owned(), why: why.to_owned() };
        let uri: Uri =
            url.parse().map_err(|error: <Uri as std::str::FromStr>::Err| bad_url(&error.to_string()))?;
        match uri.scheme_str() {
            Some("ws") => {}
            Some("wss") if cfg!(feature = "tls") => {}
            Some("wss") => return Err(bad_url("this build speaks ws:// only (cargo feature `tls`)")),
            _ => return Err(bad_url("it must begin with ws:// or wss://")),
        }
        // The characters of an HTTP token: anything else would end the header's list early or change its meaning.
        let is_token = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
        if token.is_empty() || !token.bytes().all(is_token) {
            return Err(StartError::Token);
        }
        #[cfg(feature = "tls")]
        let tls = if uri.scheme_str() == Some("wss") { Some(tls::platform_roots()?) } else { None };
        let mut request = uri.into_client_request().map_err(|error| bad_url(&error.to_string()))?;
        let mut protocols =
            HeaderValue::try_from(format!("{SUBPROTOCOL}, {token}")).map_err(|_| StartError::Token)?;
        protocols.set_sensitive(true);
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocols);
        Ok(Self {
            request,
            proxies: Proxies::from_env(),
            #[cfg(feature = "tls")]
            tls,
        })
    }
}

#[cfg(test)]
impl Endpoint {
    /// The upgrade, for the tests' connections in memory.
    pub(super) fn request(&self) -> Request {
        self.request.clone()
    }
}

impl Connect for Endpoint {
    type Stream = MaybeTlsStream<TcpStream>;

    async fn connect(&self) -> Result<WebSocketStream<Self::Stream>, Setback> {
        match tokio::time::timeout(CONNECT_TIMEOUT, self.open()).await {
            Ok(opened) => opened,
            Err(_) => Err(Setback::Passing(format!("no connection within {} s", CONNECT_TIMEOUT.as_secs()))),
        }
    }
}

impl Endpoint {
    async fn open(&self) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, Setback> {
        let limits = WebSocketConfig::default()
            .max_message_size(Some(REPORT_BYTES_MAX))
            .max_frame_size(Some(REPORT_BYTES_MAX));
        let stream = match self.proxies.connect(self.request.uri()).await {
            Some(stream) => stream?,
            None => self.connect_directly().await?,
        };
        // Verdicts are small and urgent: never wait for a fuller packet.
        stream.set_nodelay(true).map_err(passing)?;
        #[cfg(feature = "tls")]
        let connecting = tokio_tungstenite::client_async_tls_with_config(
            self.request.clone(),
            stream,
            Some(limits),
            self.tls.clone(),
        );
        #[cfg(not(feature = "tls"))]
        let connecting = tokio_tungstenite::client_async_with_config(
            self.request.clone(),
            MaybeTlsStream::Plain(stream),
            Some(limits),
        );
        connecting.await.map(|(socket, _)| socket).map_err(setback)
    }

    async fn connect_directly(&self) -> Result<TcpStream, Setback> {
        let uri = self.request.uri();
        // As it stands in an address, an IPv6 host is in brackets.
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("wss") { 443 } else { 80 });
        TcpStream::connect((host, port)).await.map_err(passing)
    }
}

fn passing(error: std::io::Error) -> Setback {
    Setback::Passing(error.to_string())
}

fn setback(error: SocketError) -> Setback {
    match error {
        SocketError::Http(response) => {
            let status = response.status();
            let reason = reason(status, response.body().as_deref().unwrap_or_default());
            let passing = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
            if status.is_client_error() && !passing.contains(&status) {
                Setback::Lasting(Refusal::Upgrade { status: status.as_u16(), message: reason })
            } else {
                Setback::Passing(format!("the service answered {} {reason}", status.as_u16()))
            }
        }
        SocketError::Protocol(ProtocolError::SecWebSocketSubProtocolError(_)) => {
            Setback::Lasting(Refusal::Subprotocol)
        }
        other => Setback::Passing(other.to_string()),
    }
}

fn reason(status: StatusCode, body: &[u8]) -> String {
    // The service tells its reasons as {"error": {"message"}}; what stands before it on the way may not.
    let told: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let told = told.as_ref().and_then(|told| told["error"]["message"].as_str());
    let text = told.map_or_else(|| String::from_utf8_lossy(body), Into::into);
    let text = on_one_line(&text);
    if text.is_empty() { status.canonical_reason().unwrap_or("without a reason").to_owned() } else { text }
}

/// What a stranger says, as far as it is shown.
pub(super) fn on_one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace().take(REASON_CHARS_MAX) {
        line.extend((!line.is_empty()).then_some(' '));
        line.extend(word.chars().filter(|c| !c.is_control()));
        if line.chars().nth(REASON_CHARS_MAX).is_some() {
            break;
        }
    }
    line.chars().take(REASON_CHARS_MAX).collect()
}

#[cfg(feature = "tls")]
mod tls {
    use std::sync::Arc;

    use rustls::{ClientConfig, RootCertStore, crypto::ring};
    use tokio_tungstenite::Connector;

    use super::StartError;

    /// The provider is named here because a plugin shares its process with others: rustls' process-wide default is
    /// not ours to set, nor to rely on.
    pub(super) fn platform_roots() -> Result<Connector, StartError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| StartError::Tls(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Connector::Rustls(Arc::new(config)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_tokens_that_cannot_work_are_refused_at_once() {
        for url in ["", "http://host/x", "ws://", "host:80", "ws://ho st/", "/v1/sessions"] {
            assert!(matches!(Endpoint::new(url, "t"), Err(StartError::Url { .. })), "{url:?}");
        }
        for token in ["", "a b", "a,b", "a\r\nCookie: x", "é"] {
            assert!(matches!(Endpoint::new("ws://host/x", token), Err(StartError::Token)), "{token:?}");
        }
    }

    #[test]
    fn the_token_travels_as_a_subprotocol_and_not_in_the_address() {
        let endpoint = Endpoint::new("ws://host:8787/v1/sessions/s/socket", "se-cr_et.x").unwrap();
        assert_eq!(endpoint.request.uri(), "ws://host:8787/v1/sessions/s/socket");
        let header = &endpoint.request.headers()[SEC_WEBSOCKET_PROTOCOL];
        assert_eq!(header, "etude.v1, se-cr_et.x");
        assert!(!format!("{:?}", endpoint.request).contains("se-cr_et"));
    }

    #[cfg(feature = "tls")]
    #[tokio::test]
    async fn a_server_without_tls_is_no_place_for_a_token() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let endpoint = Endpoint::new(&format!("wss://{address}/socket"), "secret").unwrap();
        let answer = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = vec![0; 4_096];
            let count = stream.read(&mut heard).await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
            heard.truncate(count);
            heard
        };
        let (connected, heard) = tokio::join!(endpoint.connect(), answer);
        assert!(matches!(connected, Err(Setback::Passing(_))));
        assert_eq!(heard[0], 22, "a TLS handshake");
        assert!(!heard.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn a_reason_from_outside_is_short_and_on_one_line() {
        let body = format!("no\r\n such\u{1b}[31m session {}", "x".repeat(1_000));
        let text = reason(StatusCode::NOT_FOUND, body.as_bytes());
        assert!(text.starts_with("no such[31m session x"), "{text}");
        assert_eq!(text.chars().count(), REASON_CHARS_MAX);
        assert_eq!(reason(StatusCode::UNAUTHORIZED, b" "), "Unauthorized");
    }
}

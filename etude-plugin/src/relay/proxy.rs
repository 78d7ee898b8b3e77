//! The way to the service through the proxy that the environment names: `https_proxy` for `wss://`, `http_proxy` for
//! `ws://`, `all_proxy` for both, but not to this machine, nor to what `no_proxy` names.

use std::error::Error;
use std::iter::successors;
use std::net::IpAddr;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::http::uri::{PathAndQuery, Scheme};
use tower_service::Service as _;

use super::endpoint::Setback;

/// Proxies, and what they are for.
pub(super) struct Proxies(Matcher);

impl Proxies {
    pub(super) fn from_env() -> Self {
        Self(Matcher::from_env())
    }

    /// A connection to a WebSocket's host through a proxy, or `None` where none is to be used.
    pub(super) async fn connect(&self, to: &Uri) -> Option<Result<TcpStream, Setback>> {
        let (scheme, port) = match to.scheme_str() {
            Some("wss") => (Scheme::HTTPS, 443),
            _ => (Scheme::HTTP, 80),
        };
        let host = to.host().filter(|host| !is_here(host))?;
        let authority = format!("{host}:{}", to.port_u16().unwrap_or(port));
        let target =
            Uri::builder().scheme(scheme).authority(authority).path_and_query(PathAndQuery::from_static("/"));
        let target = target.build().ok()?;
        let proxy = self.0.intercept(&target)?;
        Some(tunnel(&proxy, target).await)
    }
}

/// Whether a host, as it stands in an address, is this machine. A proxy would not find it, and could read what is not
/// encrypted on the way there.
pub fn is_here(host: &str) -> bool {
    let number = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || number.is_ok_and(|number| number.is_loopback())
}

async fn tunnel(proxy: &Intercept, target: Uri) -> Result<TcpStream, Setback> {
    // Whoever's password stands in the address is not shown.
    let name = proxy.uri().authority().map_or("?", |authority| authority.as_str());
    if proxy.uri().scheme_str() != Some("http") {
        let scheme = proxy.uri().scheme_str().unwrap_or("?");
        return Err(Setback::Passing(format!(
            "the proxy {name} is for {scheme}://; only http:// is supported"
        )));
    }
    let mut tunnel = Tunnel::new(proxy.uri().clone(), HttpConnector::new());
    if let Some(auth) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(auth.clone());
    }
    match tunnel.call(target).await {
        Ok(stream) => Ok(stream.into_inner()),
        Err(error) => {
            let causes = successors(Some(&error as &dyn Error), |&error| error.source());
            let causes: Vec<String> = causes.map(ToString::to_string).collect();
            Err(Setback::Passing(format!("the proxy {name}: {}", causes.join(": "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
    use tokio::net::TcpListener;

    use super::*;

    /// A proxy for one connection, to this server whatever it is asked for: the head of what it was asked.
    async fn proxy(listener: TcpListener, answer: &str, server: SocketAddr) -> String {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(client.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        client.write_all(answer.as_bytes()).await.unwrap();
        if answer.contains(" 200 ") {
            let mut server = TcpStream::connect(server).await.unwrap();
            let _ = copy_bidirectional(&mut client, &mut server).await;
        }
        head
    }

    async fn listen() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    fn by(proxy: &str) -> Proxies {
        Proxies(Matcher::builder().http(proxy).no("kept.example").build())
    }

    #[tokio::test]
    async fn what_is_sent_goes_through_the_proxy_with_its_password() {
        let ((server, at), (listener, proxy_at)) = (listen().await, listen().await);
        let proxies = by(&format!("http://anna:secret@{proxy_at}"));
        let answer = async {
            let (mut stream, _) = server.accept().await.unwrap();
            let mut heard = [0; 4];
            stream.read_exact(&mut heard).await.unwrap();
            stream.write_all(b"pong").await.unwrap();
            heard
        };
        let asked = async {
            let to = "ws://etude.example/socket".parse().unwrap();
            let mut stream = proxies.connect(&to).await.expect("a proxy").expect("a connection");
            stream.write_all(b"ping").await.unwrap();
            let mut heard = [0; 4];
            stream.read_exact(&mut heard).await.unwrap();
            heard
        };
        let (head, ping, pong) =
            tokio::join!(proxy(listener, "HTTP/1.1 200 Connection established\r\n\r\n", at), answer, asked);
        assert_eq!((&ping, &pong), (b"ping", b"pong"));
        assert!(head.starts_with("CONNECT etude.example:80 HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("Proxy-Authorization: Basic YW5uYTpzZWNyZXQ=\r\n"), "{head}");
    }

    #[tokio::test]
    async fn a_proxy_that_does_not_help_is_named_and_its_password_is_not() {
        for (answer, told) in [
            ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "proxy authorization required"),
            ("HTTP/1.1 403 Forbidden\r\n\r\n", "unsuccessful"),
            ("pardon?\r\n\r\n", "unsuccessful"),
        ] {
            let (listener, at) = listen().await;
            let proxies = by(&format!("http://anna:secret@{at}"));
            let to = "ws://etude.example/socket".parse().unwrap();
            let (_, connected) = tokio::join!(proxy(listener, answer, at), proxies.connect(&to));
            let Some(Err(Setback::Passing(why))) = connected else { panic!("it is refused") };
            assert!(why.starts_with(&format!("the proxy {at}: ")) && why.ends_with(told), "{why}");
            assert!(!why.contains("secret"));
        }
        let to = "ws://etude.example/socket".parse().unwrap();
        let Some(Err(Setback::Passing(why))) = by("socks5://127.0.0.1:1").connect(&to).await else {
            panic!("it is refused")
        };
        assert!(why.contains("only http:// is supported"), "{why}");
    }

    #[tokio::test]
    async fn where_no_proxy_is_named_none_is_asked() {
        let proxies = by("http://127.0.0.1:1");
        for to in ["ws://kept.example/", "ws://localhost/", "ws://127.0.0.1:8787/", "ws://[::1]/"] {
            assert!(proxies.connect(&to.parse().unwrap()).await.is_none(), "{to}");
        }
        let secure = "wss://etude.example/socket".parse().unwrap();
        assert!(proxies.connect(&secure).await.is_none(), "it is for ws:// alone");
    }
}

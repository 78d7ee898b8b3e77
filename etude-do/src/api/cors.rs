//! Which pages of other origins may use the interface. The service's own page needs no leave.
//!
//! `ETUDE_ORIGINS` names them, separated by commas, or is `*`. No cookie or other ambient credential exists, so leave to
//! read is all that an origin can be given here; what it may do still depends on the key or token it has.

use worker::{Env, Headers, Method, Request, Response, Result};

/// What a page may send.
const METHODS: &str = "GET, PUT, POST, DELETE";
const HEADERS: &str = "Authorization, Content-Type";
/// What it may read beyond the usual.
const EXPOSED: &str = "ETag, Retry-After, WWW-Authenticate";
/// How long a browser may keep the answer to its question, in seconds.
const MAX_AGE: &str = "86400";

/// A page's origin that has leave.
pub(super) struct Origin(String);

impl Origin {
    /// The origin of a request, if it comes from a page of one that has leave.
    pub(super) fn of(request: &Request, env: &Env) -> Result<Option<Self>> {
        let Some(origin) = request.headers().get("Origin")? else { return Ok(None) };
        let allowed = super::variable(env, "ETUDE_ORIGINS").unwrap_or_default();
        Ok(has_leave(&allowed, &origin).then_some(Self(origin)))
    }

    /// The answer to a browser's question whether it may send a request; `None` where it does not ask.
    pub(super) fn preflight(&self, request: &Request) -> Result<Option<Response>> {
        let asks =
            request.method() == Method::Options && request.headers().has("Access-Control-Request-Method")?;
        if !asks {
            return Ok(None);
        }
        let headers = Headers::new();
        headers.set("Access-Control-Allow-Methods", METHODS)?;
        headers.set("Access-Control-Allow-Headers", HEADERS)?;
        headers.set("Access-Control-Max-Age", MAX_AGE)?;
        self.allow(Response::empty()?.with_status(204).with_headers(headers)).map(Some)
    }

    /// Lets the page read the answer. A WebSocket needs no such leave.
    pub(super) fn allow(&self, response: Response) -> Result<Response> {
        if response.status_code() == 101 {
            return Ok(response);
        }
        // The headers of an answer that came from an object cannot be changed; copies can.
        let headers: Headers = response.headers().entries().collect();
        headers.set("Access-Control-Allow-Origin", &self.0)?;
        headers.set("Access-Control-Expose-Headers", EXPOSED)?;
        headers.append("Vary", "Origin")?;
        Ok(response.with_headers(headers))
    }
}

/// Whether an origin is among those allowed.
fn has_leave(allowed: &str, origin: &str) -> bool {
    allowed.split(',').map(str::trim).any(|one| one == "*" || (one == origin && !one.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::has_leave;

    #[test]
    fn only_a_named_origin_has_leave() {
        let named = "https://a.example, https://b.example:8443";
        assert!(has_leave(named, "https://a.example"));
        assert!(has_leave(named, "https://b.example:8443"));
        assert!(has_leave("*", "https://c.example"));
        for stranger in ["https://c.example", "http://a.example", "https://a.example.evil", "null", "", "*"] {
            assert!(!has_leave(named, stranger), "{stranger}");
            assert!(!has_leave("", stranger), "{stranger}");
        }
    }
}

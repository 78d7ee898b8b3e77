//! Addresses: a method and a path to what is asked for.

use crate::api::error::ApiError;
use crate::id::{PieceId, SessionId};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `GET /v1/health`
    Health,
    /// `PUT` or `POST /v1/pieces`
    UploadPiece,
    /// `GET /v1/pieces/{piece}`
    Piece(PieceId),
    /// `POST /v1/sessions`
    OpenSession,
    /// `GET /v1/sessions/{session}`
    Session(SessionId),
    /// `GET /v1/sessions/{session}/report`
    Report(SessionId),
    /// `GET /v1/sessions/{session}/socket`
    Socket(SessionId),
}

impl Route {
    /// Reads an address. The path begins with a slash and has no query.
    pub fn parse(method: &str, path: &str) -> Result<Self, ApiError> {
        let mut segments = path.split('/').skip(1);
        let mut next = || segments.next();
        let (route, methods) = match [next(), next(), next(), next(), next()] {
            [Some("v1"), Some("health"), None, ..] => (Self::Health, "GET"),
            [Some("v1"), Some("pieces"), None, ..] => (Self::UploadPiece, "PUT, POST"),
            [Some("v1"), Some("pieces"), Some(id), None, _] => (Self::Piece(piece(id)?), "GET"),
            [Some("v1"), Some("sessions"), None, ..] => (Self::OpenSession, "POST"),
            [Some("v1"), Some("sessions"), Some(id), None, _] => (Self::Session(session(id)?), "GET"),
            [Some("v1"), Some("sessions"), Some(id), Some("report"), None] => {
                (Self::Report(session(id)?), "GET")
            }
            [Some("v1"), Some("sessions"), Some(id), Some("socket"), None] => {
                (Self::Socket(session(id)?), "GET")
            }
            _ => return Err(ApiError::NoRoute),
        };
        if methods.split(", ").any(|known| known == method) {
            Ok(route)
        } else {
            Err(ApiError::Method(methods))
        }
    }
}

fn piece(id: &str) -> Result<PieceId, ApiError> {
    id.parse().map_err(|reason| ApiError::Name { kind: "piece", reason })
}

fn session(id: &str) -> Result<SessionId, ApiError> {
    id.parse().map_err(|reason| ApiError::Name { kind: "session", reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = "000102030405060708090a0b0c0d0e0f";

    fn session() -> SessionId {
        SESSION.parse().expect("a name")
    }

    #[test]
    fn every_address_leads_somewhere() {
        let piece = PieceId::of(b"");
        for (method, path, route) in [
            ("GET", "/v1/health".to_owned(), Route::Health),
            ("PUT", "/v1/pieces".to_owned(), Route::UploadPiece),
            ("POST", "/v1/pieces".to_owned(), Route::UploadPiece),
            ("GET", format!("/v1/pieces/{piece}"), Route::Piece(piece)),
            ("POST", "/v1/sessions".to_owned(), Route::OpenSession),
            ("GET", format!("/v1/sessions/{SESSION}"), Route::Session(session())),
            ("GET", format!("/v1/sessions/{SESSION}/report"), Route::Report(session())),
            ("GET", format!("/v1/sessions/{SESSION}/socket"), Route::Socket(session())),
        ] {
            assert_eq!(Route::parse(method, &path).ok(), Some(route), "{method} {path}");
        }
    }

    #[test]
    fn other_addresses_lead_nowhere() {
        let deep = format!("/v1/sessions/{SESSION}/report/");
        let paths =
            ["", "/", "//", "v1/health", "/v1", "/v1/", "/v2/health", "/v1/health/", "/v1/Health", &deep];
        for path in paths {
            assert!(matches!(Route::parse("GET", path), Err(ApiError::NoRoute)), "{path}");
        }
        let long = format!("/v1/sessions{}", "/x".repeat(10_000));
        assert!(matches!(Route::parse("GET", &long), Err(ApiError::NoRoute)));
    }

    #[test]
    fn a_name_that_is_none_is_told_apart_from_an_address_that_is_none() {
        for path in ["/v1/sessions/", "/v1/sessions/7", "/v1/pieces/..", "/v1/sessions/%00/socket"] {
            assert!(matches!(Route::parse("GET", path), Err(ApiError::Name { .. })), "{path}");
        }
    }

    #[test]
    fn a_wrong_method_is_told_the_right_one() {
        for (method, path, right) in [
            ("POST", "/v1/health", "GET"),
            ("get", "/v1/health", "GET"),
            ("GET", "/v1/pieces", "PUT, POST"),
            ("DELETE", "/v1/sessions", "POST"),
        ] {
            let refused = Route::parse(method, path);
            assert!(matches!(refused, Err(ApiError::Method(allow)) if allow == right), "{method} {path}");
        }
    }
}

//! Addresses: a method and a path to what is asked for.

use crate::api::error::ApiError;
use crate::id::{NotAnId, PieceId, SessionId};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `GET /v1/health`
    Health,
    /// `GET /v1/keys`
    PublicKeys,
    /// `PUT /v1/pieces` or `POST /v1/pieces`
    UploadPiece,
    /// `GET /v1/metrics`
    Metrics,
    /// `POST /v1/tokens`
    Tokens,
    /// `GET /v1/pieces`
    Pieces,
    /// `GET /v1/pieces/{piece}`
    Piece(PieceId),
    /// `DELETE /v1/pieces/{piece}`
    DeletePiece(PieceId),
    /// `GET /v1/pieces/{piece}/file`
    PieceFile(PieceId),
    /// `GET /v1/pieces/{piece}/trend`
    Trend(PieceId),
    /// `GET /v1/attempts`
    Attempts,
    /// `GET /v1/attempts/{session}`
    Attempt(SessionId),
    /// `DELETE /v1/attempts/{session}`
    DeleteAttempt(SessionId),
    /// `GET /v1/players`
    Players,
    /// `POST /v1/sessions`
    OpenSession,
    /// `GET /v1/sessions/{session}`
    Session(SessionId),
    /// `DELETE /v1/sessions/{session}`
    DeleteSession(SessionId),
    /// `GET /v1/sessions/{session}/report`
    Report(SessionId),
    /// `GET /v1/sessions/{session}/take`
    Take(SessionId),
    /// `GET /v1/sessions/{session}/score`
    Score(SessionId),
    /// `GET /v1/sessions/{session}/piece`
    SessionPiece(SessionId),
    /// `POST /v1/sessions/{session}/tokens`
    SessionTokens(SessionId),
    /// `GET /v1/sessions/{session}/socket`
    Socket(SessionId),
}

/// Every address that the interface has begins with this.
pub const PREFIX: &str = "/v1/";

impl Route {
    /// Reads an address. The path begins with a slash and has no query.
    pub fn parse(method: &str, path: &str) -> Result<Self, ApiError> {
        let known = Self::at(path)?;
        let found = known.iter().find(|(known, _)| *known == method);
        found.map(|(_, route)| *route).ok_or_else(|| {
            ApiError::Method(known.iter().map(|(method, _)| *method).collect::<Vec<_>>().join(", "))
        })
    }

    /// What there is at a path, by method.
    fn at(path: &str) -> Result<Vec<(&'static str, Self)>, ApiError> {
        let mut segments = path.split('/').skip(1);
        let mut next = || segments.next();
        let segments = [next(), next(), next(), next(), next()];
        let [Some("v1"), collection, id, part, None] = segments else { return Err(ApiError::NoRoute) };
        Ok(match (collection, id, part) {
            (Some("health"), None, None) => vec![("GET", Self::Health)],
            (Some("keys"), None, None) => vec![("GET", Self::PublicKeys)],
            (Some("metrics"), None, None) => vec![("GET", Self::Metrics)],
            (Some("tokens"), None, None) => vec![("POST", Self::Tokens)],
            (Some("pieces"), None, None) => {
                vec![("GET", Self::Pieces), ("PUT", Self::UploadPiece), ("POST", Self::UploadPiece)]
            }
            (Some("pieces"), Some(id), part) => {
                let id = name("piece", id)?;
                match part {
                    None => vec![("GET", Self::Piece(id)), ("DELETE", Self::DeletePiece(id))],
                    Some("file") => vec![("GET", Self::PieceFile(id))],
                    Some("trend") => vec![("GET", Self::Trend(id))],
                    Some(_) => return Err(ApiError::NoRoute),
                }
            }
            (Some("attempts"), None, None) => vec![("GET", Self::Attempts)],
            (Some("attempts"), Some(id), None) => {
                let id = name("session", id)?;
                vec![("GET", Self::Attempt(id)), ("DELETE", Self::DeleteAttempt(id))]
            }
            (Some("players"), None, None) => vec![("GET", Self::Players)],
            (Some("sessions"), None, None) => vec![("POST", Self::OpenSession)],
            (Some("sessions"), Some(id), part) => {
                // A wrong address below a name that is none is told as such.
                const PARTS: [&str; 6] = ["report", "take", "score", "piece", "tokens", "socket"];
                if part.is_some_and(|part| !PARTS.contains(&part)) {
                    return Err(ApiError::NoRoute);
                }
                let id = name("session", id)?;
                match part {
                    None => vec![("GET", Self::Session(id)), ("DELETE", Self::DeleteSession(id))],
                    Some("report") => vec![("GET", Self::Report(id))],
                    Some("take") => vec![("GET", Self::Take(id))],
                    Some("score") => vec![("GET", Self::Score(id))],
                    Some("piece") => vec![("GET", Self::SessionPiece(id))],
                    Some("tokens") => vec![("POST", Self::SessionTokens(id))],
                    _ => vec![("GET", Self::Socket(id))],
                }
            }
            _ => return Err(ApiError::NoRoute),
        })
    }
}

fn name<T: std::str::FromStr<Err = NotAnId>>(kind: &'static str, id: &str) -> Result<T, ApiError> {
    id.parse().map_err(|reason| ApiError::Name { kind, reason })
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
            ("GET", "/v1/keys".to_owned(), Route::PublicKeys),
            ("PUT", "/v1/pieces".to_owned(), Route::UploadPiece),
            ("POST", "/v1/pieces".to_owned(), Route::UploadPiece),
            ("GET", "/v1/metrics".to_owned(), Route::Metrics),
            ("POST", "/v1/tokens".to_owned(), Route::Tokens),
            ("GET", "/v1/pieces".to_owned(), Route::Pieces),
            ("GET", format!("/v1/pieces/{piece}"), Route::Piece(piece)),
            ("DELETE", format!("/v1/pieces/{piece}"), Route::DeletePiece(piece)),
            ("GET", format!("/v1/pieces/{piece}/file"), Route::PieceFile(piece)),
            ("GET", format!("/v1/pieces/{piece}/trend"), Route::Trend(piece)),
            ("GET", "/v1/attempts".to_owned(), Route::Attempts),
            ("GET", format!("/v1/attempts/{SESSION}"), Route::Attempt(session())),
            ("DELETE", format!("/v1/attempts/{SESSION}"), Route::DeleteAttempt(session())),
            ("GET", "/v1/players".to_owned(), Route::Players),
            ("DELETE", format!("/v1/sessions/{SESSION}"), Route::DeleteSession(session())),
            ("POST", "/v1/sessions".to_owned(), Route::OpenSession),
            ("GET", format!("/v1/sessions/{SESSION}"), Route::Session(session())),
            ("GET", format!("/v1/sessions/{SESSION}/report"), Route::Report(session())),
            ("GET", format!("/v1/sessions/{SESSION}/take"), Route::Take(session())),
            ("GET", format!("/v1/sessions/{SESSION}/score"), Route::Score(session())),
            ("GET", format!("/v1/sessions/{SESSION}/piece"), Route::SessionPiece(session())),
            ("POST", format!("/v1/sessions/{SESSION}/tokens"), Route::SessionTokens(session())),
            ("GET", format!("/v1/sessions/{SESSION}/socket"), Route::Socket(session())),
        ] {
            assert_eq!(Route::parse(method, &path).ok(), Some(route), "{method} {path}");
        }
    }

    #[test]
    fn other_addresses_lead_nowhere() {
        let deep = format!("/v1/sessions/{SESSION}/report/");
        let other = format!("/v1/sessions/{SESSION}/reports");
        let paths = [
            "",
            "/",
            "//",
            "v1/health",
            "/v1",
            "/v1/",
            "/v2/health",
            "/v1/health/",
            "/v1/Health",
            &deep,
            &other,
        ];
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
            ("PATCH", "/v1/pieces", "GET, PUT, POST"),
            ("DELETE", "/v1/sessions", "POST"),
        ] {
            let refused = Route::parse(method, path);
            assert!(matches!(refused, Err(ApiError::Method(allow)) if allow == right), "{method} {path}");
        }
    }
}

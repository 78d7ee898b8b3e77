//! Credentials as they stand in headers.

use etude_engine::protocol::SUBPROTOCOL;

use crate::api::error::ApiError;
use crate::id::SessionId;
use crate::token::{Grant, OperatorKey};

/// Whether an `Authorization` header carries the operator's key.
pub fn operator(key: &OperatorKey, authorization: Option<&str>) -> Result<(), ApiError> {
    let (scheme, presented) =
        authorization.and_then(|value| value.split_once(' ')).ok_or(ApiError::Unauthorized)?;
    if scheme.eq_ignore_ascii_case("bearer") && key.is(presented.trim()) {
        Ok(())
    } else {
        Err(ApiError::Unauthorized)
    }
}

/// What the token in a `Sec-WebSocket-Protocol` header allows in this session, at a time in seconds since 1970.
pub fn player(
    key: &OperatorKey,
    protocols: Option<&str>,
    session: SessionId,
    now: u64,
) -> Result<Grant, ApiError> {
    let offered = || protocols.unwrap_or_default().split(',').map(str::trim);
    let token = offered().find(|offer| *offer != SUBPROTOCOL && !offer.is_empty());
    let token =
        token.filter(|_| offered().any(|offer| offer == SUBPROTOCOL)).ok_or(ApiError::TokenMissing)?;
    let grant = key.verify(token, now)?;
    if grant.session == session { Ok(grant) } else { Err(ApiError::TokenScope) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Role;

    fn key() -> OperatorKey {
        OperatorKey::new("sixteen letters!").expect("long enough")
    }

    fn session(last: char) -> SessionId {
        format!("000102030405060708090a0b0c0d0e0{last}").parse().expect("a name")
    }

    #[test]
    fn the_operator_presents_the_key_as_bearer() {
        for header in ["Bearer sixteen letters!", "bearer sixteen letters!", "BEARER  sixteen letters!"] {
            assert!(operator(&key(), Some(header)).is_ok(), "{header}");
        }
        let refused =
            ["", "Bearer", "Bearer ", "Basic sixteen letters!", "sixteen letters!", "Bearer sixteen letters"];
        for header in refused.map(Some).into_iter().chain([None]) {
            assert!(matches!(operator(&key(), header), Err(ApiError::Unauthorized)), "{header:?}");
        }
    }

    #[test]
    fn a_player_presents_the_token_beside_the_protocol() {
        let grant = Grant { session: session('1'), role: Role::Player, expires: 10 };
        let token = key().sign(&grant);
        for header in
            [format!("etude.v1, {token}"), format!("{token},etude.v1"), format!(" etude.v1 ,, {token} ")]
        {
            let allowed = player(&key(), Some(&header), session('1'), 9);
            assert_eq!(allowed.ok(), Some(grant), "{header}");
        }
    }

    #[test]
    fn anything_less_is_refused() {
        let token = key().sign(&Grant { session: session('1'), role: Role::Player, expires: 10 });
        let both = format!("etude.v1, {token}");
        for header in [None, Some(""), Some("etude.v1"), Some(&*token), Some(", ,")] {
            assert!(
                matches!(player(&key(), header, session('1'), 9), Err(ApiError::TokenMissing)),
                "{header:?}"
            );
        }
        assert!(matches!(player(&key(), Some(&both), session('2'), 9), Err(ApiError::TokenScope)));
        assert!(matches!(player(&key(), Some(&both), session('1'), 10), Err(ApiError::Token(_))));
        let two = format!("etude.v1, x, {token}");
        assert!(matches!(player(&key(), Some(&two), session('1'), 9), Err(ApiError::Token(_))));
    }
}

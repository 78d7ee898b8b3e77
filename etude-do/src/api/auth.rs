//! Credentials as they stand in headers.

use etude_engine::protocol::{Role, SUBPROTOCOL};

use crate::api::error::ApiError;
use crate::id::{SessionId, TenantId};
use crate::token::{Grant, Keys, Scope, resembles_token};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Has the operator's key itself: acts for the tenant of the key, and may sign tokens for others.
    Service,
    /// Has a token.
    Bearer(Scope),
}

impl Caller {
    /// Who presents this `Authorization` header, at a time in seconds since 1970.
    pub fn of(keys: &Keys, authorization: Option<&str>, now: u64) -> Result<Self, ApiError> {
        let (scheme, presented) =
            authorization.and_then(|value| value.split_once(' ')).ok_or(ApiError::Unauthorized)?;
        let presented = presented.trim();
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(ApiError::Unauthorized);
        }
        if keys.are(presented) {
            Ok(Self::Service)
        } else if resembles_token(presented) {
            Ok(Self::Bearer(keys.verify(presented, now)?.scope))
        } else {
            Err(ApiError::Unauthorized)
        }
    }

    /// The tenant, if all that belongs to it is open to the caller.
    pub fn operator(self) -> Result<TenantId, ApiError> {
        match self {
            Self::Service => Ok(TenantId::of_the_key()),
            Self::Bearer(Scope::Tenant(tenant)) => Ok(tenant),
            Self::Bearer(Scope::Session(_)) => Err(ApiError::TokenScope),
        }
    }

    /// The tenant of a session, if the caller may read what belongs to the session: its operator, player and viewers.
    pub fn reader(self, session: SessionId) -> Result<TenantId, ApiError> {
        match self {
            Self::Bearer(Scope::Session(scope)) if scope.session == session => Ok(scope.tenant),
            other => other.operator(),
        }
    }

    /// Whether the caller may do what concerns all tenants.
    pub fn service(self) -> Result<(), ApiError> {
        if self == Self::Service { Ok(()) } else { Err(ApiError::TokenScope) }
    }
}

/// Whose session the token in a `Sec-WebSocket-Protocol` header opens, and as whom, at a time in seconds since 1970.
pub fn socket(
    keys: &Keys,
    protocols: Option<&str>,
    session: SessionId,
    now: u64,
) -> Result<(TenantId, Role), ApiError> {
    let offered = || protocols.unwrap_or_default().split(',').map(str::trim);
    let token = offered().find(|offer| *offer != SUBPROTOCOL && !offer.is_empty());
    let token =
        token.filter(|_| offered().any(|offer| offer == SUBPROTOCOL)).ok_or(ApiError::TokenMissing)?;
    match keys.verify(token, now)? {
        Grant { scope: Scope::Session(scope), .. } if scope.session == session => {
            Ok((scope.tenant, scope.role))
        }
        _ => Err(ApiError::TokenScope),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::SessionScope;

    fn keys() -> Keys {
        Keys::new("sixteen letters!", "").expect("long enough")
    }

    fn session(last: char) -> SessionId {
        format!("000102030405060708090a0b0c0d0e0{last}").parse().expect("a name")
    }

    fn tenant() -> TenantId {
        "cecilia".parse().expect("a tenant")
    }

    fn scope(role: Role) -> Scope {
        Scope::Session(SessionScope { tenant: tenant(), session: session('1'), role })
    }

    fn token(scope: Scope) -> String {
        keys().sign(&Grant { scope, expires: 10 })
    }

    #[test]
    fn the_operator_presents_the_key_as_bearer() {
        for header in ["Bearer sixteen letters!", "bearer sixteen letters!", "BEARER  sixteen letters!"] {
            let caller = Caller::of(&keys(), Some(header), 0).expect("the key");
            assert_eq!(caller, Caller::Service, "{header}");
            assert_eq!(caller.operator().ok(), Some(TenantId::of_the_key()));
        }
        let refused =
            ["", "Bearer", "Bearer ", "Basic sixteen letters!", "sixteen letters!", "Bearer sixteen letters"];
        for header in refused.map(Some).into_iter().chain([None]) {
            let caller = Caller::of(&keys(), header, 0);
            assert!(matches!(caller, Err(ApiError::Unauthorized)), "{header:?}");
        }
    }

    #[test]
    fn a_token_opens_no_more_than_it_says() {
        let with =
            |scope| Caller::of(&keys(), Some(&format!("Bearer {}", token(scope))), 9).expect("a token");
        let operator = with(Scope::Tenant(tenant()));
        assert_eq!(operator.clone().operator().ok(), Some(tenant()));
        assert_eq!(operator.clone().reader(session('2')).ok(), Some(tenant()));
        assert!(matches!(operator.service(), Err(ApiError::TokenScope)));
        for role in [Role::Player, Role::Viewer] {
            let caller = with(scope(role));
            assert_eq!(caller.clone().reader(session('1')).ok(), Some(tenant()));
            assert!(matches!(caller.clone().reader(session('2')), Err(ApiError::TokenScope)));
            assert!(matches!(caller.clone().operator(), Err(ApiError::TokenScope)));
            assert!(matches!(caller.service(), Err(ApiError::TokenScope)));
        }
        let late = Caller::of(&keys(), Some(&format!("Bearer {}", token(scope(Role::Player)))), 10);
        assert!(matches!(late, Err(ApiError::Token(_))));
        let forged = Caller::of(&keys(), Some("Bearer player.forged"), 0);
        assert!(matches!(forged, Err(ApiError::Token(_))));
    }

    #[test]
    fn a_player_presents_the_token_beside_the_protocol() {
        for role in [Role::Player, Role::Viewer] {
            let token = token(scope(role));
            for header in
                [format!("etude.v1, {token}"), format!("{token},etude.v1"), format!(" etude.v1 ,, {token} ")]
            {
                let allowed = socket(&keys(), Some(&header), session('1'), 9);
                assert_eq!(allowed.ok(), Some((tenant(), role)), "{header}");
            }
        }
    }

    #[test]
    fn anything_less_is_refused() {
        let token = token(scope(Role::Player));
        let both = format!("etude.v1, {token}");
        for header in [None, Some(""), Some("etude.v1"), Some(&*token), Some(", ,")] {
            assert!(
                matches!(socket(&keys(), header, session('1'), 9), Err(ApiError::TokenMissing)),
                "{header:?}"
            );
        }
        assert!(matches!(socket(&keys(), Some(&both), session('2'), 9), Err(ApiError::TokenScope)));
        assert!(matches!(socket(&keys(), Some(&both), session('1'), 10), Err(ApiError::Token(_))));
        let operator = format!("etude.v1, {}", self::token(Scope::Tenant(tenant())));
        assert!(matches!(socket(&keys(), Some(&operator), session('1'), 9), Err(ApiError::TokenScope)));
        let two = format!("etude.v1, x, {token}");
        assert!(matches!(socket(&keys(), Some(&two), session('1'), 9), Err(ApiError::Token(_))));
    }
}

//! Every refusal of the HTTP interface: `{"error": {"code", "message"}}` with a fitting status.

use etude_engine::import::ImportError;
use etude_engine::score::ScoreDigest;
use etude_engine::session::ConfigError;
use serde::Serialize;
use worker::Response;

use crate::export::EXPORTED_EVENTS_MAX;
use crate::id::NotAnId;
use crate::journal;
use crate::token::{TokenError, WeakKey};
use crate::viewers::VIEWERS_MAX;

/// Longest message, in characters: it may quote what was sent.
const MESSAGE_CHARS_MAX: usize = 1_000;

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The operator has not set a usable key, so nothing is served.
    #[error(transparent)]
    Misconfigured(#[from] WeakKey),
    /// No such address.
    #[error("there is nothing at this address")]
    NoRoute,
    /// The address exists, the method does not.
    #[error("this address takes {0}")]
    Method(String),
    /// A name in the address cannot be one.
    #[error("the {kind} in the address is no name of one: {reason}")]
    Name {
        /// What it should name.
        kind: &'static str,
        /// What is wrong.
        reason: NotAnId,
    },
    /// Neither the operator's key nor a token.
    #[error("this needs the operator's key or a token, as `Authorization: Bearer <key>`")]
    Unauthorized,
    /// The session token is missing.
    #[error("this needs a session token, as `Sec-WebSocket-Protocol: etude.v1, <token>`")]
    TokenMissing,
    /// The session token is forged or expired.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token is valid and opens something else.
    #[error("the token does not open this")]
    TokenScope,
    /// Not a WebSocket request.
    #[error("this address is a WebSocket: ask with `Upgrade: websocket`")]
    Upgrade,
    /// The body is not what the address takes.
    #[error("the body is not understood: {0}")]
    Body(String),
    /// The body is too large.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// The take has more events than one document holds.
    #[error("the take has {0} events; a document holds at most {EXPORTED_EVENTS_MAX}")]
    TakeTooLarge(u64),
    /// The file is not a score that can be played.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The settings were refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No piece of this name was uploaded.
    #[error("there is no piece of this name")]
    NoPiece,
    /// No session of this name was opened.
    #[error("there is no session of this name")]
    NoSession,
    /// The session was opened before.
    #[error("the session is already set up")]
    SessionExists,
    /// As many viewers as a session takes are connected.
    #[error("the session has {VIEWERS_MAX} viewers and takes no more")]
    TooManyViewers,
    /// No attempt of this name is kept.
    #[error("there is no attempt of this name")]
    NoAttempt,
    /// More was asked in a short time than is answered.
    #[error("too much came in a short time; try again in {0} s")]
    TooFast(u64),
    /// What stands after the question mark is not understood.
    #[error("the query is not understood: {0}")]
    Query(String),
    /// The take goes on.
    #[error("the take has not ended, so there is no report yet")]
    NotEnded,
    /// The engine now reads another score from the session's piece than when the session was opened.
    #[error(
        "the session was opened on score {stored}; this version of the service reads {now} from the same file, so \
         its take cannot be judged on"
    )]
    ScoreMismatch {
        /// What the session was opened on.
        stored: ScoreDigest,
        /// What the engine reads now.
        now: ScoreDigest,
    },
    /// What is on disk cannot be used.
    #[error("the stored session cannot be read: {0}")]
    Stored(String),
    /// The studio keeps no more.
    #[error("the studio holds {0} bytes of pieces and takes no more")]
    StudioFull(u64),
    /// The runtime failed.
    #[error("the service could not do this now; try again")]
    Runtime(worker::Error),
}

impl From<worker::Error> for ApiError {
    fn from(error: worker::Error) -> Self {
        Self::Runtime(error)
    }
}

impl ApiError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Body(_) | Self::Query(_) | Self::Name { .. } => 400,
            Self::Unauthorized | Self::TokenMissing | Self::Token(_) => 401,
            Self::TokenScope => 403,
            Self::NoRoute | Self::NoPiece | Self::NoSession | Self::NoAttempt | Self::NotEnded => 404,
            Self::Method(_) => 405,
            Self::SessionExists | Self::ScoreMismatch { .. } => 409,
            Self::TooLarge(_) | Self::TakeTooLarge(_) => 413,
            Self::Import(_) | Self::Config(_) => 422,
            Self::Upgrade => 426,
            Self::TooManyViewers | Self::TooFast(_) => 429,
            Self::Misconfigured(_) | Self::Stored(_) => 500,
            Self::Runtime(_) => 503,
            Self::StudioFull(_) => 507,
        }
    }

    /// The name of the refusal, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Misconfigured(_) => "misconfigured",
            Self::NoRoute => "no_route",
            Self::Method(_) => "method_not_allowed",
            Self::Name { .. } => "bad_name",
            Self::Unauthorized => "unauthorized",
            Self::TokenMissing => "token_missing",
            Self::Token(TokenError::Invalid) => "token_invalid",
            Self::Token(TokenError::Expired) => "token_expired",
            Self::TokenScope => "token_scope",
            Self::Upgrade => "upgrade_required",
            Self::Body(_) => "bad_body",
            Self::TooLarge(_) | Self::TakeTooLarge(_) => "too_large",
            Self::Import(_) => "bad_score",
            Self::Config(_) => "bad_config",
            Self::NoPiece => "no_piece",
            Self::NoSession => "no_session",
            Self::SessionExists => "session_exists",
            Self::NoAttempt => "no_attempt",
            Self::TooFast(_) => "too_fast",
            Self::Query(_) => "bad_query",
            Self::NotEnded => "not_ended",
            Self::TooManyViewers => "too_many_viewers",
            Self::ScoreMismatch { .. } => "score_mismatch",
            Self::Stored(_) => "stored",
            Self::StudioFull(_) => "studio_full",
            Self::Runtime(_) => "unavailable",
        }
    }

    /// The answer.
    pub fn into_response(self) -> worker::Result<Response> {
        if let Self::Runtime(error) = &self {
            journal::fault("request", "", "", &error.to_string());
        }
        let message = self.to_string().chars().take(MESSAGE_CHARS_MAX).collect();
        let body = Body { error: Told { code: self.code(), message } };
        let mut response = Response::from_json(&body)?.with_status(self.status());
        match self {
            Self::Unauthorized => response.headers_mut().set("WWW-Authenticate", "Bearer")?,
            Self::Method(allow) => response.headers_mut().set("Allow", &allow)?,
            Self::TooFast(wait) => response.headers_mut().set("Retry-After", &wait.to_string())?,
            Self::Upgrade => response.headers_mut().set("Upgrade", "websocket")?,
            _ => {}
        }
        Ok(response)
    }
}

#[derive(Serialize)]
struct Body {
    error: Told,
}

#[derive(Serialize)]
struct Told {
    code: &'static str,
    message: String,
}

//! What the operator can set, from the environment. What is not set, or no number, has its default.

use worker::Env;

use crate::api::variable;
use crate::lifecycle::Times;
use crate::rate::Rate;

/// The operator's settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) times: Times,
    /// Uploads of a tenant. `None` is no limit, as in all of these.
    pub(crate) uploads: Option<Rate>,
    /// Sessions that a tenant opens.
    pub(crate) opens: Option<Rate>,
    /// Connections to a session, of each role.
    pub(crate) connects: Option<Rate>,
    /// Bytes of frames from a player.
    pub(crate) player_bytes: Option<Rate>,
}

/// Frames of a viewer: few, since they only ask.
pub(crate) const VIEWER_FRAMES: Rate = Rate { burst: 200, per_minute: 300 };
/// What a frame costs besides its bytes.
pub(crate) const FRAME_BYTES: u64 = 128;
/// Bytes of frames that a player may send at once: some hours of playing, delivered after being offline.
const PLAYER_BYTES_BURST: u64 = 8 << 20;

impl Settings {
    pub(crate) fn of(env: &Env) -> Self {
        let number = |name: &str, default: u64| {
            variable(env, name).and_then(|value| value.parse().ok()).unwrap_or(default)
        };
        let rate = |name, default| Some(number(name, default)).filter(|&rate| rate > 0);
        Self {
            times: Times {
                idle_ms: number("ETUDE_IDLE_SECONDS", 30 * 60).saturating_mul(1_000),
                keep_ms: number("ETUDE_KEEP_SECONDS", 30 * 24 * 3_600).saturating_mul(1_000),
            },
            uploads: rate("ETUDE_UPLOADS_PER_MINUTE", 60).map(Rate::per_minute),
            opens: rate("ETUDE_OPENS_PER_MINUTE", 240).map(Rate::per_minute),
            connects: rate("ETUDE_CONNECTS_PER_MINUTE", 120).map(Rate::per_minute),
            player_bytes: rate("ETUDE_BYTES_PER_SECOND", 128 << 10).map(|rate| Rate {
                burst: PLAYER_BYTES_BURST.max(rate),
                per_minute: rate.saturating_mul(60),
            }),
        }
    }
}

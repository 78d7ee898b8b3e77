//! Costs of explanations, in 1/256 nat: how surprising it is that a pianist does this.
//!
//! All integer, so that every target agrees. docs/SCORING.md says where each number comes from.

/// A cost, in 1/256 nat.
pub type Cost = i32;

/// One nat.
pub const NAT: Cost = 256;

/// The weights of the follower. One set serves all music.
#[derive(Clone, Copy, Debug)]
pub struct Weights {
    /// A note with no place in the score.
    pub extra: Cost,
    /// Such a note near an ornamented key, while the ornament lasts.
    pub ornament: Cost,
    /// A key struck again shortly after.
    pub repeat: Cost,
    /// A note in place of another, at most this many semitones off, on top of `extra`.
    pub wrong: Cost,
    /// A key not played, once it is out of reach.
    pub missed: Cost,
    /// Upper bound of what one advance can cost in missed keys.
    pub skip_cap: Cost,
    /// Going elsewhere, before distance, pause and bar line are weighed.
    pub jump: Cost,
    /// Spread of timing at no distance, in microseconds.
    pub spread_us: i64,
    /// Growth of that spread with the distance expected, in 1/256.
    pub spread_growth: i64,
}

impl Weights {
    /// The fitted weights.
    pub const DEFAULT: Self = Self {
        extra: 7 * NAT,
        ornament: 3 * NAT / 2,
        repeat: 5 * NAT,
        wrong: 0,
        missed: 5 * NAT / 2,
        skip_cap: 14 * NAT,
        jump: 16 * NAT,
        spread_us: 40_000,
        spread_growth: 25,
    };
}

/// How surprising a deviation is where deviations of `scale` are common: a Cauchy density, so that a hesitation
/// is possible and a rubato cheap. `scale` is at least 1.
pub fn timing(deviation_us: i64, scale_us: i64) -> Cost {
    let deviation = deviation_us.unsigned_abs().min(30_000_000);
    let scale = scale_us.unsigned_abs().clamp(1, 30_000_000);
    let ratio = (deviation * 256) / scale;
    ln(256 + ((ratio * ratio) >> 8)) - ln(256) + ln(scale) - ln(SCALE_ONE_US)
}

/// How surprising it is to go elsewhere.
///
/// Places are likelier the nearer they are, as one over the distance in onsets; players stop before they go, and go to
/// where a measure begins.
pub fn jump(weights: &Weights, distance_onsets: u32, pause_us: i64, downbeat: bool) -> Cost {
    let pause = ln(pause_us.clamp(PAUSE_FROM_US, PAUSE_TO_US) as u64) - ln(PAUSE_FROM_US as u64);
    let bar = if downbeat { NAT } else { 0 };
    weights.jump + ln(u64::from(distance_onsets) + 1) - pause - bar
}

/// Gaps up to here are no pause.
const PAUSE_FROM_US: i64 = 300_000;
/// Longer pauses say no more.
const PAUSE_TO_US: i64 = 6_000_000;

/// The scale whose density counts as zero cost.
const SCALE_ONE_US: u64 = 40_000;

/// Natural logarithm in 1/256, exact to 2/256. `x` is at least 1.
pub fn ln(x: u64) -> Cost {
    let whole = x.max(1).ilog2();
    // Mantissa in 1/256: log2(1 + m) is close to m + 0.344 m (1 - m).
    let mantissa = ((u128::from(x.max(1)) << 8) >> whole) as i64 - 256;
    let fraction = mantissa + ((mantissa * (256 - mantissa) * 88) >> 16);
    let log2 = i64::from(whole) * 256 + fraction;
    ((log2 * 45_426) >> 16) as Cost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_is_close() {
        for x in (1..5_000).chain((1..2_000).map(|x| x * 1_000_003)) {
            let exact = (x as f64).ln() * 256.0;
            assert!((f64::from(ln(x)) - exact).abs() < 4.0, "ln({x}) = {} not {exact}", ln(x));
        }
    }

    #[test]
    fn timing_rises_with_the_deviation_both_ways() {
        let mut last = i32::MIN;
        for deviation in (0..60_000_000).step_by(10_007) {
            let cost = timing(deviation, 40_000);
            assert!(cost >= last);
            assert_eq!(cost, timing(-deviation, 40_000));
            last = cost;
        }
        assert_eq!(timing(0, 40_000), 0);
    }
}

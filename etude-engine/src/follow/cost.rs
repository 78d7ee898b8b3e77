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
    /// A note of an ornament, while the ornament lasts.
    pub ornament: Cost,
    /// A key struck again shortly after.
    pub repeat: Cost,
    /// A key not played, once it is out of reach.
    pub missed: Cost,
    /// The same for a stroke of a trill that is written out: nobody counts them.
    pub missed_trill: Cost,
    /// Upper bound of what one advance can cost in missed keys.
    pub skip_cap: Cost,
    /// Upper bound of what coming late can cost where the player goes on: people stop to think.
    pub pause: Cost,
    /// What going elsewhere costs.
    pub jump: JumpWeights,
    /// Spread of timing at no distance, in microseconds.
    pub spread_us: i64,
    /// Growth of that spread with the distance expected, in 1/256.
    pub spread_growth: i64,
}

/// What going elsewhere costs.
#[derive(Clone, Copy, Debug)]
pub struct JumpWeights {
    /// At best: after a pause, back to the beginning of a measure near by.
    pub least: Cost,
    /// And that the more, the farther off: for each nat of distance.
    pub far: Cost,
    /// More, if the player did not stop first.
    pub in_flow: Cost,
    /// And the farther off, the more, besides `far`.
    pub in_flow_far: Cost,
    /// More, if the place is not where a measure begins.
    pub off_bar: Cost,
    /// More, if it lies ahead: who goes elsewhere mostly goes back.
    pub ahead: Cost,
}

impl Weights {
    /// The weights in use.
    pub const DEFAULT: Self = Self {
        extra: 6 * NAT,
        ornament: 5 * NAT / 2,
        repeat: 5 * NAT,
        missed: 2 * NAT,
        missed_trill: 5 * NAT / 8,
        skip_cap: 22 * NAT,
        pause: 17 * NAT / 4,
        jump: JumpWeights {
            least: 13 * NAT,
            far: 8 * NAT,
            in_flow: 12 * NAT,
            in_flow_far: 29 * NAT / 2,
            off_bar: 7 * NAT,
            ahead: 13 * NAT / 4,
        },
        spread_us: 37_000,
        spread_growth: 36,
    };
}

/// How surprising a deviation is where deviations of `scale` are common: a Cauchy density, so that a hesitation
/// is possible and a rubato cheap. `scale` is at least 1.
pub fn timing(deviation_us: i64, scale_us: i64) -> Cost {
    let deviation = deviation_us.unsigned_abs().min(TIMING_MAX_US) as u32 >> 4;
    let scale = (scale_us.unsigned_abs().clamp(16, TIMING_MAX_US)) as u32 >> 4;
    // In 1/64 of the scale.
    let ratio = u64::from((deviation << 6) / scale);
    ln(4096 + ratio * ratio) - LN_4096 + ln(u64::from(scale)) - LN_SCALE_ONE
}

/// Longer deviations and scales than half a minute say no more.
const TIMING_MAX_US: u64 = 30_000_000;
const LN_4096: Cost = ln(4096);
/// The scale whose density counts as zero cost: 40 milliseconds, in sixteens of microseconds.
const LN_SCALE_ONE: Cost = ln(40_000 >> 4);

/// How surprising it is to go elsewhere, over `distance` onsets, having been so much in flow ([`in_flow`]).
///
/// Players stop before they go, go back rather than on, and to where a measure begins; places are likelier the nearer
/// they are, as one over the distance. In full flow only a slip of memory leads elsewhere, and rarely far.
pub fn jump(weights: &JumpWeights, distance: i64, in_flow: i64, downbeat: bool) -> Cost {
    let far = ln(distance.unsigned_abs() / NEAR + 1);
    let cost = i64::from(weights.in_flow) + ((i64::from(weights.in_flow_far) * i64::from(far)) >> 8);
    let bar = if downbeat { 0 } else { weights.off_bar };
    let ahead = if distance > 0 { weights.ahead } else { 0 };
    let off = ((i64::from(weights.far) * i64::from(far)) >> 8) as Cost;
    weights.least + off + share(cost, in_flow) + bar + ahead
}

/// What any jump costs at least, having been so much in flow.
pub fn jump_least(weights: &JumpWeights, in_flow: i64) -> Cost {
    weights.least + share(i64::from(weights.in_flow), in_flow)
}

/// How much of a pause is wanting for the player to have stopped, in microseconds: after a gap of `gap_us`, where
/// `usual_us` had been the longest shortly before.
pub fn in_flow(gap_us: i64, usual_us: i64) -> i64 {
    (PAUSE_US - (gap_us - usual_us.min(USUAL_MAX_US))).clamp(0, PAUSE_US)
}

/// How much of the cost of a jump in flow applies: all without a pause, none after one.
fn share(cost: i64, in_flow: i64) -> Cost {
    (cost * in_flow / PAUSE_US) as Cost
}

/// Onsets that are no distance.
const NEAR: u64 = 32;
/// A gap so much longer than those before it is a pause.
const PAUSE_US: i64 = 500_000;
/// However slow the music, a gap so much longer than this is a pause.
const USUAL_MAX_US: i64 = 1_500_000;

/// Natural logarithm in 1/256, exact to 2/256. `x` is at least 1 and below 2^55.
pub const fn ln(x: u64) -> Cost {
    let whole = x.ilog2();
    // Mantissa in 1/256: log2(1 + m) is close to m + 0.344 m (1 - m).
    let mantissa = ((x << 8) >> whole) as i64 - 256;
    let fraction = mantissa + ((mantissa * (256 - mantissa) * 88) >> 16);
    let log2 = (whole as i64) * 256 + fraction;
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

    #[test]
    fn a_jump_is_likelier_after_a_pause_back_near_and_to_a_measure() {
        let weights = Weights::DEFAULT.jump;
        let (stopped, went_on) = (in_flow(1_500_000, 300_000), in_flow(300_000, 300_000));
        let likely = jump(&weights, -20, stopped, true);
        assert!(likely < jump(&weights, -20, went_on, true));
        assert!(likely < jump(&weights, 20, stopped, true));
        assert!(likely < jump(&weights, -200, stopped, true));
        assert!(likely < jump(&weights, -20, stopped, false));
        assert!(jump_least(&weights, stopped) <= likely);
    }
}

//! The evidence in words. Nobody is accused: what is unusual is worth a look, and has honest causes too.

use super::{
    CLOCK_AHEAD_US, Check, EVENNESS_PERMILLE, GRID_PERMILLE, Kind, LATE_US, ONE_KEY_STROKES, SECOND_NOTES,
    TEN_SECONDS_NOTES, TIMING_SPREAD_US,
};

/// Of a check and its value.
pub(super) fn of(check: Kind, value: Option<i64>, found: bool) -> String {
    let Some(value) = value else { return unknown(check).to_owned() };
    let said = match check {
        Kind::ClockBack if value == 0 => "The take's own clock never steps back.".to_owned(),
        Kind::ClockBack => format!("The take's own clock steps back by {}.", seconds(value)),
        Kind::ClockAhead if value > CLOCK_AHEAD_US => {
            format!("The take says it lasted {} longer than its session was open.", seconds(value))
        }
        Kind::ClockAhead => "The take lasted no longer than its session was open.".to_owned(),
        Kind::ClockRate if value == 0 => "The take's clock runs as fast as the service's.".to_owned(),
        Kind::ClockRate => {
            let way = if value > 0 { "faster" } else { "slower" };
            format!("The take's clock runs {} % {way} than the service's.", tenths(value.saturating_abs()))
        }
        Kind::Late => String::new(),
        Kind::Second => {
            format!("At most {value} notes come in one second (unusual: more than {SECOND_NOTES}).")
        }
        Kind::TenSeconds => {
            format!("At most {value} notes come in ten seconds (unusual: more than {TEN_SECONDS_NOTES}).")
        }
        Kind::OneKey => format!(
            "One key is struck at most {value} times in half a second (unusual: more than {ONE_KEY_STROKES})."
        ),
        Kind::Reach if value == 0 => "Two hands can hold all that is held at once.".to_owned(),
        Kind::Reach => format!("Keys are held {value} times that two hands can hardly hold at once."),
        Kind::Evenness => format!(
            "{} % of the steps from note to note are as long as the one before to the millisecond (unusual: more than \
             {} %).",
            tenths(value),
            tenths(EVENNESS_PERMILLE)
        ),
        Kind::Grid => format!(
            "The steps from note to note have {} % of the lengths that they would have by chance (unusual: less than \
             {} %).",
            tenths(value),
            tenths(GRID_PERMILLE)
        ),
        Kind::TimingSpread => format!(
            "Half of the notes are within {} ms of the take's median timing (unusual: {} ms or less).",
            hundredths_of_ms(value),
            hundredths_of_ms(TIMING_SPREAD_US)
        ),
        Kind::Velocity => format!("{} % of the notes are equally loud.", tenths(value)),
        Kind::Replay if value == 0 => {
            "No passage is the same, note for note, as in an earlier take.".to_owned()
        }
        Kind::Replay => format!(
            "{} % of the passages are the same, note for note and in velocity or time, as in an earlier take.",
            tenths(value)
        ),
    };
    if found { format!("{said} {}", look(check)) } else { said }
}

/// Of late notes, the latest of which came so much after its own time.
pub(super) fn late(check: &Check, latest_us: i64) -> String {
    let Some(value) = check.value else { return unknown(Kind::Late).to_owned() };
    if value == 0 {
        return format!("All notes arrived within {} s of being played.", LATE_US / 1_000_000);
    }
    let said = format!(
        "{} % of the notes arrived more than {} s after they were played, the last of them {} after.",
        tenths(value),
        LATE_US / 1_000_000,
        seconds(latest_us)
    );
    if check.found { format!("{said} {}", look(Kind::Late)) } else { said }
}

/// Why it may be so, for who looks.
fn look(check: Kind) -> &'static str {
    match check {
        Kind::ClockBack => "Worth a look: the clock of the device was set, or the take was put together.",
        Kind::ClockAhead => "Worth a look: no take can do that, unless the device's clock is wrong.",
        Kind::ClockRate => {
            "Worth a look: the sound system was paused, the device slept, or the take was made faster or slower."
        }
        Kind::Late => {
            "Worth a look: the player was offline for a while, or the take was not played there and then."
        }
        Kind::Second | Kind::TenSeconds => "Worth a look: no performance we know is as fast.",
        Kind::OneKey => "Worth a look: the key bounces, or no finger did this.",
        Kind::Reach => {
            "Worth a look: two people played, the keyboard holds keys by itself, or no hand did this."
        }
        Kind::Evenness => "Worth a look: the device rounds times, or a machine kept the time.",
        Kind::Grid => "Worth a look: the device rounds times coarsely, or they were moved to a grid.",
        Kind::TimingSpread => "Worth a look: no performance we know is as exact.",
        Kind::Velocity => "Worth a look, together with the timing: a machine may have played.",
        Kind::Replay => "Worth a look: an earlier take was played back, whole or in part.",
    }
}

fn unknown(check: Kind) -> &'static str {
    match check {
        Kind::ClockAhead | Kind::ClockRate | Kind::Late => {
            "The take is too short to hold its clock beside the service's, or it is not known when it arrived."
        }
        Kind::Reach => "No key was let go of, so it is not known which were held.",
        Kind::Replay => "The take has not been compared with earlier ones yet.",
        Kind::TimingSpread => "Too few notes are timed against something.",
        _ => "The take has too few notes.",
    }
}

/// Microseconds as seconds.
fn seconds(us: i64) -> String {
    let ms = us / 1_000;
    format!("{}.{:01} s", ms / 1_000, ms % 1_000 / 100)
}

/// Thousandths as percent.
fn tenths(permille: i64) -> String {
    format!("{}.{}", permille / 10, permille % 10)
}

fn hundredths_of_ms(us: i64) -> String {
    format!("{}.{:02}", us / 1_000, us % 1_000 / 10)
}

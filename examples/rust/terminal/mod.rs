//! Drawing for the terminal, shared by the examples: verdicts as they come, and the result.
//!
//! Every mark differs by shape as well as by colour, and the colours are the set of Okabe and Ito, which people with
//! any kind of colour vision can tell apart. Without a terminal, or with `NO_COLOR`, the shapes alone remain.

pub(crate) mod chart;
pub(crate) mod faults;
pub(crate) mod files;
pub(crate) mod result;
pub(crate) mod verdicts;

use anstyle::{Ansi256Color, Color, Style};
use etude_engine::judge::{Grade, Verdict};

const BLUE: Style = ink(32);
const SKY: Style = ink(74);
const GREEN: Style = ink(36);
const YELLOW: Style = ink(221);
const ORANGE: Style = ink(214);
const VERMILLION: Style = ink(202);
const PURPLE: Style = ink(175);
/// For what should not draw the eye.
pub(crate) const DIM: Style = Style::new().dimmed();
/// For what should.
pub(crate) const BOLD: Style = Style::new().bold();
/// For what went wrong with the program, not with the playing.
pub(crate) const ALARM: Style = ink(202).bold();

/// For what went right with the program.
#[allow(dead_code, reason = "only one of the two examples has this to tell")]
pub(crate) const GOOD_NEWS: Style = ink(36).bold();

/// A verdict's sign: a shape, its colour, and its name.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub(crate) shape: char,
    pub(crate) style: Style,
    pub(crate) name: &'static str,
}

/// A key was missed.
pub(crate) const MISSED: Mark = mark('○', VERMILLION, "missed");
/// Notes were jumped over.
pub(crate) const SKIPPED: Mark = mark('»', DIM, "skipped");
/// An announced jump did not happen.
pub(crate) const STAY: Mark = mark('⤶', DIM, "stay");
/// The player paused.
pub(crate) const PAUSE: Mark = mark('‖', DIM, "pause");
/// The player went elsewhere.
pub(crate) const JUMP: Mark = mark('⤳', BOLD, "jump");

const PERFECT: Mark = mark('●', BLUE, "perfect");
const GOOD: Mark = mark('◐', SKY, "good");
const EARLY: Mark = mark('◀', YELLOW, "early");
const LATE: Mark = mark('▶', ORANGE, "late");
const WRONG: Mark = mark('✗', VERMILLION, "wrong");
const EXTRA: Mark = mark('+', PURPLE, "extra");
const ORNAMENT: Mark = mark('~', GREEN, "ornament");
const REPEAT: Mark = mark('↺', PURPLE, "repeat");

/// All marks, in the order of the legend.
pub(crate) const LEGEND: [Mark; 13] =
    [PERFECT, GOOD, EARLY, LATE, WRONG, EXTRA, MISSED, ORNAMENT, REPEAT, JUMP, PAUSE, SKIPPED, STAY];

/// The mark of a played note's verdict.
pub(crate) fn mark_of(verdict: &Verdict) -> Mark {
    match verdict {
        Verdict::Matched { grade: Grade::Perfect, .. } => PERFECT,
        Verdict::Matched { grade: Grade::Good, .. } => GOOD,
        Verdict::Matched { grade: Grade::Early, .. } => EARLY,
        Verdict::Matched { grade: Grade::Late, .. } => LATE,
        Verdict::Wrong { .. } => WRONG,
        Verdict::Extra => EXTRA,
        Verdict::Ornament { .. } => ORNAMENT,
        Verdict::Repeat { .. } => REPEAT,
    }
}

/// Columns to draw in: those of the terminal, within what reads well.
pub(crate) fn columns() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0)).clamp(60, 132)
}

/// A number with its thousands set apart.
pub(crate) fn thousands(number: impl Into<u64>) -> String {
    let digits = number.into().to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}

const fn ink(code: u8) -> Style {
    Style::new().fg_color(Some(Color::Ansi256(Ansi256Color(code))))
}

const fn mark(shape: char, style: Style, name: &'static str) -> Mark {
    Mark { shape, style, name }
}

//! The result of a take, at a glance.

use std::io::{self, Write};

use etude_engine::report::{Report, Tally};
use etude_engine::score::{Hand, Score};
use etude_engine::session::Mode;

use super::chart::{self, Cell};
use super::faults::Faults;
use super::verdicts::{measure_name, numbered};
use super::{BOLD, DIM, thousands};

/// Most measures listed as worth another look.
const WORST_MAX: usize = 6;
/// Most notes told of one of them.
const FAULTS_MAX: usize = 5;
/// Most jumps listed.
const JUMPS_MAX: usize = 12;

/// Draws the whole result. `name` is what to call a score without a title.
pub(crate) fn draw(
    out: &mut dyn Write,
    score: &Score,
    name: &str,
    report: &Report,
    faults: &Faults,
    width: usize,
) -> io::Result<()> {
    headline(out, score, name, report)?;
    summary(out, report)?;
    hands(out, report)?;
    measures(out, report, width)?;
    worst(out, score, faults)?;
    timing(out, report)?;
    tempo(out, report, width)?;
    jumps(out, score, report)
}

fn headline(out: &mut dyn Write, score: &Score, name: &str, report: &Report) -> io::Result<()> {
    let title = score.title().unwrap_or(name);
    let composer = score.composer().map_or(String::new(), |name| format!(" · {name}"));
    let mode = match report.config.mode {
        Mode::Follow => "timed against the player's own tempo".to_owned(),
        Mode::Wait => "the score waited for the player".to_owned(),
        Mode::Clock => format!("timed against the clock at {} % of the tempo", report.config.tempo_percent),
    };
    writeln!(out, "\n{BOLD}{title}{BOLD:#}{composer}  {DIM}{mode}{DIM:#}\n")
}

fn summary(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let total = &report.total;
    let median = report.timing.median_us as f64 / 1e3;
    let lean = match median.round() as i64 {
        0 => "on the beat".to_owned(),
        ms if ms < 0 => format!("{} ms early", -ms),
        ms => format!("{ms} ms late"),
    };
    writeln!(
        out,
        "  {BOLD}Notes    {:>7}{BOLD:#}   {} of {} played",
        percent(total.note_accuracy),
        thousands(total.correct),
        thousands(total.expected)
    )?;
    writeln!(
        out,
        "  {BOLD}Timing   {:>7}{BOLD:#}   median {lean}, half within {} ms",
        percent(total.timing_accuracy),
        report.timing.median_abs_us / 1_000
    )?;
    writeln!(
        out,
        "  {BOLD}Together {:>7}{BOLD:#}   {DIM}three parts notes, two parts timing{DIM:#}\n",
        percent(total.combined)
    )?;
    let counts = [
        (total.perfect, "perfect"),
        (total.good, "good"),
        (total.early, "early"),
        (total.late, "late"),
        (total.wrong, "wrong"),
        (total.extra, "extra"),
        (total.missed, "missed"),
        (total.skipped, "skipped"),
        (total.ornaments, "in ornaments"),
        (total.repeats, "struck again"),
    ];
    let told: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{} {name}", thousands(count)))
        .collect();
    writeln!(out, "  {}\n", told.join(" · "))
}

fn hands(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for hand in &report.hands {
        let name = match hand.hand {
            Hand::Right => "Right hand",
            Hand::Left => "Left hand",
        };
        let Tally { note_accuracy, timing_accuracy, correct, expected, wrong, missed, .. } = hand.tally;
        let style = chart::heat(note_accuracy);
        writeln!(
            out,
            "  {name:<10} {style}{}{style:#} {:>7}  timing {:>7}  {DIM}{} of {}, {wrong} wrong, {missed} missed{DIM:#}",
            chart::bar(note_accuracy, 24),
            percent(note_accuracy),
            percent(timing_accuracy),
            thousands(correct),
            thousands(expected),
        )?;
    }
    writeln!(out)
}

fn measures(out: &mut dyn Write, report: &Report, width: usize) -> io::Result<()> {
    writeln!(
        out,
        "  {BOLD}Measures{BOLD:#}  {DIM}share of the notes that were played; full block: all{DIM:#}"
    )?;
    let cells: Vec<Cell> = report
        .measures
        .iter()
        .map(|measure| Cell {
            label: numbered(&measure.number, measure.pass),
            share: (measure.tally.expected > 0).then_some(measure.tally.note_accuracy),
        })
        .collect();
    chart::strip(out, &cells, width)?;
    writeln!(out)
}

fn worst(out: &mut dyn Write, score: &Score, faults: &Faults) -> io::Result<()> {
    let told = faults.told();
    let mut measures: Vec<(u32, &[String])> =
        told.iter().map(|(measure, notes)| (*measure, notes.as_slice())).collect();
    if measures.is_empty() {
        return Ok(());
    }
    measures.sort_by_key(|(_, notes)| std::cmp::Reverse(notes.len()));
    measures.truncate(WORST_MAX);
    measures.sort_by_key(|(measure, _)| *measure);
    writeln!(out, "  {BOLD}Worth another look{BOLD:#}")?;
    for (measure, notes) in measures {
        let more = match notes.len().saturating_sub(FAULTS_MAX) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let notes = &notes[..notes.len().min(FAULTS_MAX)];
        writeln!(out, "  measure {:<7} {}{more}", measure_name(score, measure), notes.join(", "))?;
    }
    writeln!(out)
}

fn timing(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    writeln!(out, "  {BOLD}Timing{BOLD:#}  {DIM}of the matched notes{DIM:#}")?;
    let windows = report.config.windows;
    let (perfect, good) = (windows.perfect.round_to_millis(), windows.good.round_to_millis());
    chart::timing(out, &report.timing.histogram, 6, perfect, good)?;
    writeln!(out)
}

fn tempo(out: &mut dyn Write, report: &Report, width: usize) -> io::Result<()> {
    let mut tempi: Vec<f64> =
        report.measures.iter().filter_map(|measure| measure.quarters_per_minute).collect();
    let mut sorted = tempi.clone();
    sorted.sort_by(f64::total_cmp);
    // A measure of two notes can have any tempo: the extremes would flatten all others.
    let (low, high) = match sorted[..] {
        [] => return Ok(()),
        _ => (sorted[sorted.len() / 20], sorted[sorted.len() - 1 - sorted.len() / 20]),
    };
    tempi.iter_mut().for_each(|tempo| *tempo = tempo.clamp(low, high));
    let (median, style) = (sorted[sorted.len() / 2], chart::TEMPO);
    writeln!(
        out,
        "  {BOLD}Tempo{BOLD:#}   ♩ = {median:.0}  {DIM}mostly {low:.0} to {high:.0}{DIM:#}\n  {style}{}{style:#}\n",
        chart::sparkline(&tempi, width - 4)
    )
}

fn jumps(out: &mut dyn Write, score: &Score, report: &Report) -> io::Result<()> {
    let jumps = report.attempts.get(1..).unwrap_or_default();
    if jumps.is_empty() {
        return Ok(());
    }
    let place = |note| measure_name(score, score.note(note).measure);
    let told: Vec<String> = jumps
        .iter()
        .take(JUMPS_MAX)
        .map(|jump| match (place(jump.from), place(jump.to)) {
            (from, to) if from == to => format!("{from} again"),
            (from, to) => format!("{from} → {to}"),
        })
        .collect();
    let unlisted = report.attempts_in_last as usize - 1;
    let more = match (jumps.len() + unlisted).saturating_sub(JUMPS_MAX) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    writeln!(out, "  {BOLD}Jumps{BOLD:#}   measure {}{more}\n", told.join(", "))
}

fn percent(share: f64) -> String {
    // Rounded down, so that 100 % means all.
    format!("{:.1} %", (share * 1_000.0).floor() / 10.0)
}

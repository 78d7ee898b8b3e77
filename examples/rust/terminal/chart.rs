//! Bars, strips and histograms from block characters.

use std::io::{self, Write};

use anstyle::Style;

use super::{BLUE, DIM, GREEN, ORANGE, SKY, VERMILLION, YELLOW};

const EIGHTHS: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const HEIGHTS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One measure of the strip.
pub(crate) struct Cell {
    /// Its printed number.
    pub(crate) label: String,
    /// 0 to 1, or `None` where nothing was to be played.
    pub(crate) share: Option<f64>,
}

/// A horizontal bar of `columns`, filled to `share`.
pub(crate) fn bar(share: f64, columns: usize) -> String {
    let eighths = (share.clamp(0.0, 1.0) * (columns * 8) as f64).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(EIGHTHS[eighths % 8]);
    }
    let drawn = bar.chars().count();
    bar + &"·".repeat(columns.saturating_sub(drawn))
}

/// The colour of a share of right notes.
pub(crate) fn heat(share: f64) -> Style {
    match share {
        share if share >= 0.995 => BLUE,
        share if share >= 0.9 => SKY,
        share if share >= 0.75 => YELLOW,
        share if share >= 0.5 => ORANGE,
        _ => VERMILLION,
    }
}

/// A strip of measures: each as high, and as cool in colour, as its share.
pub(crate) fn strip(out: &mut dyn Write, cells: &[Cell], width: usize) -> io::Result<()> {
    let label_width = cells.iter().map(|cell| cell.label.chars().count()).max().unwrap_or(0);
    // A number under every measure where four rows can hold them all; otherwise one in front of every row.
    let wide = label_width.max(3) + 1;
    let in_row = (width - 2) / wide;
    if cells.len() <= 4 * in_row {
        numbered_rows(out, cells, wide, in_row)
    } else {
        dense_rows(out, cells, label_width, width)
    }
}

fn numbered_rows(out: &mut dyn Write, cells: &[Cell], wide: usize, in_row: usize) -> io::Result<()> {
    for row in cells.chunks(in_row) {
        write!(out, "  ")?;
        for cell in row {
            block(out, cell, wide - 1)?;
            write!(out, " ")?;
        }
        write!(out, "\n  {DIM}")?;
        for cell in row {
            write!(out, "{:^width$} ", cell.label, width = wide - 1)?;
        }
        writeln!(out, "{DIM:#}")?;
    }
    Ok(())
}

fn dense_rows(out: &mut dyn Write, cells: &[Cell], label_width: usize, width: usize) -> io::Result<()> {
    // Groups of ten, each with a gap behind it.
    let groups = ((width - label_width - 4) / 11).clamp(1, 10);
    for row in cells.chunks(groups * 10) {
        write!(out, "  {DIM}{:>label_width$}{DIM:#} ", row[0].label)?;
        for group in row.chunks(10) {
            write!(out, " ")?;
            for cell in group {
                block(out, cell, 1)?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn block(out: &mut dyn Write, cell: &Cell, columns: usize) -> io::Result<()> {
    let Some(share) = cell.share else {
        return write!(out, "{DIM}{}{DIM:#}", "·".repeat(columns));
    };
    // A measure without a fault stands out from one that has nearly none, and even an empty one can be seen.
    let height = if share >= 1.0 { 8 } else { 1 + (share * 6.0).floor().clamp(0.0, 5.0) as usize };
    let style = heat(share);
    write!(out, "{style}{}{style:#}", HEIGHTS[height].to_string().repeat(columns))
}

/// A histogram of timing offsets, `rows` high: bins of 25 ms, the middle of which is zero. `perfect_ms` and `good_ms`
/// are where the colours change.
pub(crate) fn timing(
    out: &mut dyn Write,
    bins: &[u32],
    rows: usize,
    perfect_ms: i64,
    good_ms: i64,
) -> io::Result<()> {
    let Some(most) = bins.iter().max().copied().filter(|most| *most > 0) else {
        return writeln!(out, "  {DIM}no note was matched{DIM:#}");
    };
    for row in (0..rows).rev() {
        write!(out, "  ")?;
        for (index, count) in bins.iter().enumerate() {
            let style = timing_colour(middle_ms(index, bins.len()), perfect_ms, good_ms);
            let exact = f64::from(*count) / f64::from(most) * (rows * 8) as f64;
            // One note in a thousand still shows.
            let eighths = if *count > 0 { exact.round().max(1.0) as usize } else { 0 };
            let block = HEIGHTS[eighths.saturating_sub(row * 8).min(8)];
            write!(out, "{style}{block}{block}{style:#}")?;
        }
        writeln!(out)?;
    }
    let end = bins.len() as i64 / 2 * 25;
    let half = bins.len();
    writeln!(out, "  {DIM}{}{DIM:#}", "▔".repeat(2 * bins.len()))?;
    let left = format!("-{end} ms");
    let right = format!("+{end} ms");
    writeln!(
        out,
        "  {DIM}{left}{:>early$}0{:<late$}{right}{DIM:#}",
        "early ◀ ",
        " ▶ late",
        early = half - left.len() - 1,
        late = half - right.len(),
    )
}

fn middle_ms(index: usize, bins: usize) -> i64 {
    (index as i64 - bins as i64 / 2) * 25 + 12
}

fn timing_colour(offset_ms: i64, perfect_ms: i64, good_ms: i64) -> Style {
    match offset_ms {
        offset if offset.abs() <= perfect_ms => BLUE,
        offset if offset.abs() <= good_ms => SKY,
        offset if offset < 0 => YELLOW,
        _ => ORANGE,
    }
}

/// A line as high as its values, of which the lowest is a thin line. Resampled to at most `columns`.
pub(crate) fn sparkline(values: &[f64], columns: usize) -> String {
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
    let step = values.len().div_ceil(columns.max(1)).max(1);
    let height = |group: &[f64]| {
        let mean = group.iter().sum::<f64>() / group.len() as f64;
        let share = if high > low { (mean - low) / (high - low) } else { 0.5 };
        HEIGHTS[1 + (share * 7.0).round() as usize]
    };
    values.chunks(step).map(height).collect()
}

/// The style of the tempo line.
pub(crate) const TEMPO: Style = GREEN;

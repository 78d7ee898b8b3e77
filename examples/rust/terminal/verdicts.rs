//! Verdicts as they come: a line each, or, when thousands fly by, a sign each.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use etude_engine::judge::{Record, Verdict, pitch_name, reason};
use etude_engine::score::{Hand, NoteIndex, Score};
use etude_engine::session::{Event, EventKind, Seq};

use super::{DIM, JUMP, LEGEND, MISSED, Mark, PAUSE, SKIPPED, STAY, columns, mark_of};

/// How much to say about each verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Detail {
    /// A readable line.
    Lines,
    /// One sign, wrapped by measure.
    Signs,
}

/// Prints a verdict stream.
pub(crate) struct Printer<W> {
    out: W,
    detail: Detail,
    score: Arc<Score>,
    events: Arc<[Event]>,
    said: BTreeMap<Seq, Verdict>,
    measure: Option<u32>,
    column: usize,
    width: usize,
    /// Verdicts that were revised.
    pub(crate) revised: usize,
}

impl<W: Write> Printer<W> {
    /// For the verdicts on `events`, played from `score`.
    pub(crate) fn new(out: W, detail: Detail, score: Arc<Score>, events: Arc<[Event]>) -> Self {
        let said = BTreeMap::new();
        Self { out, detail, score, events, said, measure: None, column: 0, width: columns(), revised: 0 }
    }

    /// Tells what the signs mean.
    pub(crate) fn legend(&mut self) -> io::Result<()> {
        for row in LEGEND.chunks(7) {
            for Mark { shape, style, name } in row {
                write!(self.out, "  {style}{shape}{style:#} {DIM}{name:<9}{DIM:#}")?;
            }
            writeln!(self.out)?;
        }
        writeln!(self.out)
    }

    /// Prints a record.
    pub(crate) fn record(&mut self, record: &Record) -> io::Result<()> {
        let (mark, note) = match *record {
            Record::Final { .. } => return Ok(()),
            Record::Played { event, verdict } => return self.played(event, verdict),
            Record::Missed { note } => (MISSED, note),
            Record::Skipped { from, .. } => (SKIPPED, from),
            Record::Jump { to, .. } => (JUMP, to),
            Record::Stay { .. } | Record::Hesitation { .. } => {
                let mark = if let Record::Stay { .. } = record { STAY } else { PAUSE };
                let reason = reason(&self.score, record, None);
                return match self.detail {
                    Detail::Lines => self.line(mark, None, "", "", &reason, ""),
                    Detail::Signs => self.sign(mark, None, false),
                };
            }
        };
        match self.detail {
            Detail::Signs => self.sign(mark, Some(note), false),
            Detail::Lines => {
                let name = match record {
                    Record::Missed { note } => pitch_name(self.score.note(*note).pitch),
                    _ => String::new(),
                };
                self.line(mark, Some(note), &name, "", &reason(&self.score, record, None), "")
            }
        }
    }

    /// Prints something else on a line of its own.
    #[allow(dead_code, reason = "only the demo has anything else to say meanwhile")]
    pub(crate) fn remark(&mut self, text: &str) -> io::Result<()> {
        self.finish()?;
        writeln!(self.out, "{DIM}        {text}{DIM:#}")
    }

    /// Ends the last line.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if self.column > 0 {
            writeln!(self.out)?;
            self.column = 0;
        }
        self.out.flush()
    }

    fn played(&mut self, event: Seq, verdict: Verdict) -> io::Result<()> {
        let before = self.said.insert(event, verdict);
        self.revised += usize::from(before.is_some());
        let mark = mark_of(&verdict);
        if self.detail == Detail::Signs {
            return self.sign(mark, note_of(&verdict), before.is_some());
        }
        let struck = match usize::try_from(event.0).ok().and_then(|index| self.events.get(index)) {
            Some(Event { kind: EventKind::NoteOn { pitch, .. }, .. }) => Some(*pitch),
            _ => None,
        };
        let name = struck.map_or_else(String::new, pitch_name);
        let (offset, reason) = match verdict {
            // Measure, key and offset stand in their own columns.
            Verdict::Matched { offset, .. } => {
                (format!("{:+} ms", offset.round_to_millis()), mark.name.to_owned())
            }
            _ => (String::new(), reason(&self.score, &Record::Played { event, verdict }, struck)),
        };
        let before = before.map_or(String::new(), |before| format!("(was {})", mark_of(&before).name));
        self.line(mark, note_of(&verdict), &name, &offset, &reason, &before)
    }

    fn line(
        &mut self,
        Mark { shape, style, .. }: Mark,
        note: Option<NoteIndex>,
        name: &str,
        offset: &str,
        reason: &str,
        before: &str,
    ) -> io::Result<()> {
        // An extra note has no measure of its own: it stands where the player is.
        self.measure = note.map(|note| self.score.note(note).measure).or(self.measure);
        let measure = self.measure.map_or(String::new(), |index| measure_name(&self.score, index));
        let hand = match note.map(|note| self.score.note(note).hand) {
            Some(Hand::Right) if !name.is_empty() => 'R',
            Some(Hand::Left) if !name.is_empty() => 'L',
            _ => ' ',
        };
        write!(
            self.out,
            "{DIM}{measure:>6} {hand}{DIM:#}  {style}{shape} {name:<4}{style:#} {offset:>8}  {reason}"
        )?;
        if !before.is_empty() {
            write!(self.out, " {DIM}{before}{DIM:#}")?;
        }
        writeln!(self.out)
    }

    fn sign(
        &mut self,
        Mark { shape, style, .. }: Mark,
        note: Option<NoteIndex>,
        revises: bool,
    ) -> io::Result<()> {
        let measure = note.map(|note| self.score.note(note).measure).or(self.measure);
        if measure != self.measure || self.column == 0 {
            let name = measure.map_or(String::new(), |index| measure_name(&self.score, index));
            // Room for the number and a few signs, or a new line.
            if self.column + name.chars().count() + 8 > self.width {
                writeln!(self.out)?;
                self.column = 0;
            }
            let gap = if self.column == 0 { "" } else { "  " };
            write!(self.out, "{gap}{DIM}{name}{DIM:#} ")?;
            self.column += gap.len() + name.chars().count() + 1;
            self.measure = measure;
        }
        if self.column + 2 > self.width {
            write!(self.out, "\n    ")?;
            self.column = 4;
        }
        let sign = if revises { style.underline() } else { style };
        self.column += 1;
        write!(self.out, "{sign}{shape}{sign:#}")
    }
}

/// A measure's printed number; from the second pass on with the pass.
pub(crate) fn measure_name(score: &Score, index: u32) -> String {
    let measure = &score.measures()[index as usize];
    numbered(&measure.number, measure.pass)
}

/// A printed number; from the second pass on with the pass.
pub(crate) fn numbered(number: &str, pass: u16) -> String {
    if pass < 2 { number.to_owned() } else { format!("{number}({pass})") }
}

fn note_of(verdict: &Verdict) -> Option<NoteIndex> {
    match *verdict {
        Verdict::Matched { note, .. } => Some(note),
        Verdict::Wrong { instead_of } => Some(instead_of),
        Verdict::Ornament { of } | Verdict::Repeat { of } => Some(of),
        Verdict::Extra => None,
    }
}

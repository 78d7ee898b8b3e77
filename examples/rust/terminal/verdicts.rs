//! Verdicts as they come: a line each, or, when thousands fly by, a sign each.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use etude_engine::judge::{Record, Verdict};
use etude_engine::score::{NoteIndex, Score};
use etude_engine::session::{Event, EventKind, Seq};
use etude_engine::units::Pitch;

use super::{BOLD, DIM, JUMP, LEGEND, MISSED, Mark, columns, mark_of};

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
        for Mark { shape, style, name } in LEGEND {
            write!(self.out, "  {style}{shape}{style:#} {DIM}{name}{DIM:#}")?;
        }
        writeln!(self.out, "\n")
    }

    /// Prints a record.
    pub(crate) fn record(&mut self, record: &Record) -> io::Result<()> {
        match (*record, self.detail) {
            (Record::Final { .. }, _) => Ok(()),
            (Record::Played { event, verdict }, detail) => {
                let before = self.said.insert(event, verdict);
                self.revised += usize::from(before.is_some());
                match detail {
                    Detail::Lines => self.played_line(event, verdict, before),
                    Detail::Signs => self.sign(mark_of(&verdict), note_of(&verdict), before.is_some()),
                }
            }
            (Record::Missed { note }, Detail::Lines) => {
                let pitch = self.score.note(note).pitch;
                self.line(MISSED, Some(note), &note_name(pitch), "", &reason(&self.score, record), "")
            }
            (Record::Missed { note }, Detail::Signs) => self.sign(MISSED, Some(note), false),
            (Record::Jump { to, .. }, Detail::Lines) => {
                self.line(JUMP, Some(to), "", "", &reason(&self.score, record), "")
            }
            (Record::Jump { to, .. }, Detail::Signs) => self.sign(JUMP, Some(to), false),
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

    fn played_line(&mut self, event: Seq, verdict: Verdict, before: Option<Verdict>) -> io::Result<()> {
        let struck = usize::try_from(event.0).ok().and_then(|index| self.events.get(index));
        let name = match struck.map(|event| event.kind) {
            Some(EventKind::NoteOn { pitch, .. }) => note_name(pitch),
            _ => "?".to_owned(),
        };
        let offset = match verdict {
            Verdict::Matched { offset, .. } => format!("{:+} ms", offset.round_to_millis()),
            _ => String::new(),
        };
        let before = before.map_or(String::new(), |before| format!("(was {})", mark_of(&before).name));
        let reason = reason(&self.score, &Record::Played { event, verdict });
        self.line(mark_of(&verdict), note_of(&verdict), &name, &offset, &reason, &before)
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
        write!(
            self.out,
            "{DIM}{measure:>6}{DIM:#}  {style}{shape} {name:<4}{style:#} {offset:>8}  {reason}"
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

fn note_name(pitch: Pitch) -> String {
    const NAMES: [&str; 12] = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];
    let number = pitch.number();
    format!("{}{}", NAMES[usize::from(number % 12)], i16::from(number / 12) - 1)
}

fn reason(score: &Score, record: &Record) -> String {
    let name = |note: NoteIndex| note_name(score.note(note).pitch);
    match *record {
        Record::Played { verdict, .. } => match verdict {
            Verdict::Matched { .. } => mark_of(&verdict).name.to_owned(),
            Verdict::Wrong { instead_of } => format!("instead of {}", name(instead_of)),
            Verdict::Extra => "not in the score here".to_owned(),
            Verdict::Ornament { of } => format!("ornament on {}", name(of)),
            Verdict::Repeat { of } => format!("{} struck again", name(of)),
        },
        Record::Missed { .. } => "missed".to_owned(),
        Record::Jump { from, to, .. } => format!(
            "{BOLD}from measure {} to {}{BOLD:#}",
            measure_name(score, score.note(from).measure),
            measure_name(score, score.note(to).measure)
        ),
        Record::Final { .. } => String::new(),
    }
}

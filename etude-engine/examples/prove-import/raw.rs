//! What the file itself says of each `<note>`, read as simply as can be: the witness when two readers differ.
//!
//! Only a cursor moved by `<duration>`, `<backup>` and `<forward>`, as the specification of these elements says; no
//! repeats, no joined ties, none of the engine's import. Places are in millionths of a quarter.

use std::collections::{BTreeMap, BTreeSet};

use etude_engine::score::Score;
use roxmltree::{Document, Node, ParsingOptions};

/// Millionths of a quarter.
pub(crate) const QUARTER: i64 = 1_000_000;

/// One `<note>` with a pitch.
#[derive(Clone, Debug)]
pub(crate) struct RawNote {
    /// Index of its measure in its part.
    pub(crate) measure: usize,
    /// From the beginning of the measure.
    pub(crate) offset: i64,
    /// What `<duration>` says; 0 for a grace note.
    pub(crate) duration: i64,
    pub(crate) pitch: i64,
    pub(crate) staff: i64,
    pub(crate) grace: bool,
    pub(crate) in_chord: bool,
    /// `<tie>`, which is what sounds, starts and stops.
    pub(crate) tie: Signs,
    /// `<tied>`, which is what is drawn, starts and stops.
    pub(crate) tied: Signs,
    /// Staff of the note that the `<chord/>` is added to; its own if it has none.
    pub(crate) head_staff: i64,
    /// The same of its duration.
    pub(crate) head_duration: i64,
}

/// Start and stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signs {
    pub(crate) start: bool,
    pub(crate) stop: bool,
}

/// A file.
pub(crate) struct Raw {
    pub(crate) notes: BTreeMap<String, RawNote>,
    /// Where the content of each measure ends; 0 for one without any.
    pub(crate) lengths: Vec<i64>,
    /// Length by the time signature in force at the beginning of each measure.
    pub(crate) nominal: Vec<i64>,
    /// Indices of the measures before which a repeat or an ending begins or ends.
    pub(crate) sections: BTreeSet<usize>,
    /// Whether `<staves>` is written anywhere.
    pub(crate) declares_staves: bool,
}

impl RawNote {
    pub(crate) fn starts(&self) -> bool {
        self.tie.start || self.tied.start
    }

    pub(crate) fn stops(&self) -> bool {
        self.tie.stop || self.tied.stop
    }
}

/// Reads a partwise file.
pub(crate) fn read(text: &str) -> Result<Raw, roxmltree::Error> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)?;
    let mut raw = Raw {
        notes: BTreeMap::new(),
        lengths: Vec::new(),
        nominal: Vec::new(),
        sections: BTreeSet::new(),
        declares_staves: document.descendants().any(|node| node.has_tag_name("staves")),
    };
    let mut ordinal = 0;
    for part in named(document.root_element(), "part") {
        let mut divisions = 1;
        let mut nominal = 4 * QUARTER;
        for (index, measure) in named(part, "measure").enumerate() {
            if raw.lengths.len() <= index {
                raw.lengths.push(0);
                raw.nominal.push(0);
            }
            let mut reader = MeasureReader { divisions, at: 0, head: (0, 1, 0), end: 0 };
            for node in measure.children().filter(Node::is_element) {
                if node.has_tag_name("note") {
                    ordinal += 1;
                }
                if node.children().any(|sign| sign.has_tag_name("repeat") || sign.has_tag_name("ending")) {
                    let at_end = node.attribute("location").is_none_or(|edge| edge == "right");
                    raw.sections.insert(index + usize::from(at_end));
                }
                if let Some(time) = named(node, "time").next() {
                    nominal = number(time, "beats").unwrap_or(4) * 4 * QUARTER
                        / number(time, "beat-type").unwrap_or(4).max(1);
                }
                if let Some(note) = reader.element(node, index) {
                    let id = node.attribute("id").map_or_else(|| format!("n{ordinal}"), str::to_owned);
                    raw.notes.insert(id, note);
                }
            }
            divisions = reader.divisions;
            raw.lengths[index] = raw.lengths[index].max(reader.end);
            raw.nominal[index] = nominal;
        }
    }
    Ok(raw)
}

struct MeasureReader {
    divisions: i64,
    at: i64,
    /// Onset, staff and duration of the note that a `<chord/>` is added to.
    head: (i64, i64, i64),
    end: i64,
}

impl MeasureReader {
    /// Moves the cursor; a note with a pitch is returned.
    fn element(&mut self, node: Node<'_, '_>, measure: usize) -> Option<RawNote> {
        let duration = number(node, "duration").unwrap_or(0) * QUARTER;
        let duration = (duration + self.divisions / 2) / self.divisions;
        match node.tag_name().name() {
            "attributes" => self.divisions = number(node, "divisions").unwrap_or(self.divisions),
            "forward" => self.at += duration,
            "backup" => {
                self.at -= duration;
                self.at = self.at.max(0);
            }
            "note" => return self.note(node, measure, duration),
            _ => {}
        }
        self.end = self.end.max(self.at);
        None
    }

    fn note(&mut self, node: Node<'_, '_>, measure: usize, duration: i64) -> Option<RawNote> {
        let in_chord = named(node, "chord").next().is_some();
        let staff = number(node, "staff").unwrap_or(1);
        if !in_chord {
            self.head = (self.at, staff, duration);
            self.at += duration;
        }
        self.end = self.end.max(self.head.0 + duration);
        let pitch = named(node, "pitch").next()?;
        let step = match text(pitch, "step")? {
            "C" => 0,
            "D" => 2,
            "E" => 4,
            "F" => 5,
            "G" => 7,
            "A" => 9,
            _ => 11,
        };
        Some(RawNote {
            measure,
            offset: self.head.0,
            duration,
            pitch: 12 * (number(pitch, "octave")? + 1) + step + number(pitch, "alter").unwrap_or(0),
            staff,
            grace: named(node, "grace").next().is_some(),
            in_chord,
            tie: signs(named(node, "tie")),
            tied: signs(node.descendants().filter(|node| node.has_tag_name("tied"))),
            head_staff: self.head.1,
            head_duration: self.head.2,
        })
    }
}

fn signs<'a>(nodes: impl Iterator<Item = Node<'a, 'a>>) -> Signs {
    nodes.fold(Signs::default(), |signs, node| match node.attribute("type") {
        Some("start") => Signs { start: true, ..signs },
        Some("stop") => Signs { stop: true, ..signs },
        _ => signs,
    })
}

fn named<'a>(node: Node<'a, 'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

fn text<'a>(node: Node<'a, 'a>, name: &'static str) -> Option<&'a str> {
    named(node, name).next()?.text().map(str::trim)
}

fn number(node: Node<'_, '_>, name: &'static str) -> Option<i64> {
    text(node, name)?.parse().ok()
}

/// A written note at one performed place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strike<'a> {
    pub(crate) id: &'a str,
    pub(crate) visit: usize,
    pub(crate) onset: i64,
    pub(crate) note: &'a RawNote,
}

impl Strike<'_> {
    pub(crate) fn end(&self) -> i64 {
        self.onset + self.note.duration
    }
}

/// All notes of the file laid out over the performed measures, by pitch and then in order of onset.
pub(crate) fn strikes<'a>(raw: &'a Raw, score: &Score) -> BTreeMap<i64, Vec<Strike<'a>>> {
    let mut of_measure: BTreeMap<usize, Vec<(&str, &RawNote)>> = BTreeMap::new();
    for (id, note) in &raw.notes {
        of_measure.entry(note.measure).or_default().push((id, note));
    }
    let mut all: BTreeMap<i64, Vec<Strike<'a>>> = BTreeMap::new();
    for (visit, measure) in score.measures().iter().enumerate() {
        let start = millionths(measure.onset.0, score);
        for &(id, note) in of_measure.get(&(measure.written as usize)).into_iter().flatten() {
            let strike = Strike { id, visit, onset: start + note.offset, note };
            all.entry(note.pitch).or_default().push(strike);
        }
    }
    all.values_mut().for_each(|strikes| strikes.sort_by_key(|strike| (strike.onset, !strike.note.grace)));
    all
}

/// Ticks of a score in millionths of a quarter.
pub(crate) fn millionths(ticks: i64, score: &Score) -> i64 {
    let quarter = i128::from(score.ticks_per_quarter());
    ((2 * i128::from(ticks) * i128::from(QUARTER) + quarter).div_euclid(2 * quarter)) as i64
}

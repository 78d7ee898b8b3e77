//! Signs that are no notes: repeats, voltas, segno and coda, tempo.

use roxmltree::Node;

use super::document::{child, child_text, children, text};
use super::number::{Decimal, micros_per_quarter};
use crate::score::order::TIMES_MAX;
use crate::score::written::Jumps;

/// What the bar lines and directions of one measure say about the large form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) repeat_start: bool,
    pub(super) repeat_end: Option<u16>,
    /// A repeat sign that belongs to the measure after or before this one.
    pub(super) starts_next: bool,
    pub(super) ended_before: Option<u16>,
    pub(super) volta_start: Option<Vec<u16>>,
    pub(super) volta_stop: bool,
    pub(super) jumps: Jumps,
}

impl Form {
    /// Takes in the signs of a bar line. False if one stood in the middle of the measure, where it was moved to
    /// the measure's edge.
    pub(super) fn barline(&mut self, barline: Node<'_, '_>) -> bool {
        let location = barline.attribute("location").unwrap_or("right");
        let repeat = child(barline, "repeat");
        if let Some(repeat) = repeat {
            let times = repeat.attribute("times").and_then(|times| times.parse().ok());
            let times = times.unwrap_or(2_u16).clamp(2, TIMES_MAX);
            match (repeat.attribute("direction"), location) {
                (Some("forward"), "right") => self.starts_next = true,
                (Some("forward"), _) => self.repeat_start = true,
                (Some("backward"), "left") => self.ended_before = Some(times),
                (Some("backward"), _) => self.repeat_end = Some(times),
                _ => {}
            }
        }
        if let Some(ending) = child(barline, "ending") {
            match ending.attribute("type") {
                Some("start") => self.volta_start = Some(numbers(ending.attribute("number").unwrap_or(""))),
                _ => self.volta_stop = true,
            }
        }
        if child(barline, "segno").is_some() {
            self.jumps.segno = true;
        }
        if child(barline, "coda").is_some() {
            self.jumps.coda = true;
        }
        location != "middle" || repeat.is_none()
    }

    /// Takes in the playback attributes of a `<sound>`.
    pub(super) fn sound(&mut self, sound: Node<'_, '_>) {
        let is_set = |name| sound.attribute(name).is_some_and(|value| value != "no");
        self.jumps.segno |= is_set("segno");
        self.jumps.coda |= is_set("coda");
        self.jumps.to_coda |= is_set("tocoda");
        self.jumps.fine |= is_set("fine");
        self.jumps.da_capo |= is_set("dacapo");
        self.jumps.dal_segno |= is_set("dalsegno");
    }

    /// Takes in the signs and words of a `<direction>`; words count where no playback attribute says the same.
    pub(super) fn direction(&mut self, direction: Node<'_, '_>) {
        for kind in children(direction, "direction-type").flat_map(|kind| kind.children()) {
            match kind.tag_name().name() {
                "segno" => self.jumps.segno = true,
                // The sign also stands beside "to coda", where the words or the sound say what it is.
                "coda" if !leaves_for_coda(direction) => self.jumps.coda = true,
                "words" => self.words(text(kind).unwrap_or("")),
                _ => {}
            }
        }
    }

    fn words(&mut self, words: &str) {
        let words: String = words.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        let begins = |heads: &[&str]| heads.iter().any(|head| words.starts_with(head));
        if begins(&["dcal", "dacapo"]) || words == "dc" {
            self.jumps.da_capo = true;
        } else if begins(&["dsal", "dalsegno", "delsegno"]) || words == "ds" {
            self.jumps.dal_segno = true;
        } else if words == "fine" {
            self.jumps.fine = true;
        } else if begins(&["tocoda", "alcoda"]) {
            self.jumps.to_coda = true;
        }
    }
}

fn leaves_for_coda(direction: Node<'_, '_>) -> bool {
    let sound = child(direction, "sound").is_some_and(|sound| sound.has_attribute("tocoda"));
    let words = children(direction, "direction-type").flat_map(|kind| children(kind, "words"));
    sound || words.filter_map(text).any(|words| words.to_lowercase().trim_start().starts_with("to"))
}

/// The numbers of a volta: "1", "1, 2", "1.", "1-3". Empty text is the caller's to complete.
fn numbers(text: &str) -> Vec<u16> {
    let mut numbers = Vec::new();
    for item in text.split([',', ' ', ';', '+', '&']).take(usize::from(TIMES_MAX)) {
        let mut ends =
            item.split('-').filter_map(|end| end.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok());
        let Some(first) = ends.next() else { continue };
        let last: u16 = ends.next().unwrap_or(first);
        numbers.extend((first.max(1)..=last.min(TIMES_MAX)).take(usize::from(TIMES_MAX)));
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// The tempo that a `<direction>` or `<sound>` sets, in microseconds per quarter.
pub(super) fn tempo(node: Node<'_, '_>) -> Option<u32> {
    let of_sound =
        |sound: Node<'_, '_>| sound.attribute("tempo").and_then(Decimal::parse).and_then(micros_per_quarter);
    if node.has_tag_name("sound") {
        return of_sound(node);
    }
    let metronome = || {
        let kinds = children(node, "direction-type");
        kinds.flat_map(|kind| children(kind, "metronome")).find_map(metronome)
    };
    child(node, "sound").and_then(of_sound).or_else(metronome)
}

/// "dotted quarter = 60". A mark that sets one note value equal to another says nothing absolute.
fn metronome(mark: Node<'_, '_>) -> Option<u32> {
    let per_minute = Decimal::first_in(child_text(mark, "per-minute")?)?;
    // In 256ths of a quarter, so that every value and its dots are whole.
    let base: i64 = match child_text(mark, "beat-unit")? {
        "long" => 4096,
        "breve" => 2048,
        "whole" => 1024,
        "half" => 512,
        "quarter" => 256,
        "eighth" => 128,
        "16th" => 64,
        "32nd" => 32,
        "64th" => 16,
        _ => return None,
    };
    let dots = children(mark, "beat-unit-dot").count().min(4);
    let unit = 2 * base - (base >> dots);
    micros_per_quarter(Decimal(per_minute.0.saturating_mul(unit) / 256))
}

impl Form {
    /// Adds what another part says of the same measure.
    pub(super) fn merge(&mut self, other: Self) {
        let Jumps { segno, coda, to_coda, fine, da_capo, dal_segno } = other.jumps;
        self.repeat_start |= other.repeat_start;
        self.repeat_end = self.repeat_end.max(other.repeat_end);
        self.starts_next |= other.starts_next;
        self.ended_before = self.ended_before.max(other.ended_before);
        self.volta_start = self.volta_start.take().or(other.volta_start);
        self.volta_stop |= other.volta_stop;
        self.jumps.segno |= segno;
        self.jumps.coda |= coda;
        self.jumps.to_coda |= to_coda;
        self.jumps.fine |= fine;
        self.jumps.da_capo |= da_capo;
        self.jumps.dal_segno |= dal_segno;
    }
}

//! What one `<note>` says, apart from when.

use roxmltree::Node;

use super::document::{child, child_text, children, clip};
use super::number::Decimal;
use crate::score::Ornaments;
use crate::units::Pitch;

/// What is to be struck, or why nothing is.
pub(super) enum Sound {
    Key(Pitch),
    Rest,
    /// A note that cannot be played, and why.
    Dropped(String),
}

/// The sounding key. `<octave-shift>` needs no care: MusicXML writes the pitch as it sounds.
pub(super) fn sound(note: Node<'_, '_>, transpose: i64) -> Sound {
    if child(note, "rest").is_some() {
        return Sound::Rest;
    }
    let Some(pitch) = child(note, "pitch") else {
        let kind =
            if child(note, "unpitched").is_some() { "an unpitched note" } else { "a note without pitch" };
        return Sound::Dropped(format!("{kind} was left out"));
    };
    let step = child_text(pitch, "step").unwrap_or("");
    let octave = child_text(pitch, "octave").unwrap_or("");
    let alter = child_text(pitch, "alter").unwrap_or("0");
    let semitone = match step {
        "C" => 0,
        "D" => 2,
        "E" => 4,
        "F" => 5,
        "G" => 7,
        "A" => 9,
        "B" => 11,
        _ => return Sound::Dropped(format!("a note with step {:?} was left out", clip(step))),
    };
    let (Ok(octave), Some(alter)) = (octave.parse::<i8>(), Decimal::parse(alter)) else {
        return Sound::Dropped(format!(
            "a note {step} with octave {:?}, alter {:?} was left out",
            clip(octave),
            clip(alter)
        ));
    };
    let number = (i64::from(octave) + 1) * 12 + semitone + alter.round().clamp(-24, 24) + transpose;
    match u8::try_from(number).ok().and_then(Pitch::new) {
        Some(key) => Sound::Key(key),
        None => Sound::Dropped(format!("a note {step}{octave} beyond the keyboard was left out")),
    }
}

/// Whether a quarter tone had to be rounded.
pub(super) fn is_microtonal(note: Node<'_, '_>) -> bool {
    let alter = child(note, "pitch").and_then(|pitch| child_text(pitch, "alter")).and_then(Decimal::parse);
    alter.is_some_and(|alter| !alter.is_whole())
}

/// Whether ties start and stop here. `<tie>` is what sounds; a file that only draws `<tied>` means the same.
pub(super) fn ties(note: Node<'_, '_>) -> (bool, bool) {
    let has = |signs: &[Node<'_, '_>], kind| signs.iter().any(|sign| sign.attribute("type") == Some(kind));
    let mut signs: Vec<Node<'_, '_>> = children(note, "tie").collect();
    if signs.is_empty() {
        signs = children(note, "notations").flat_map(|notations| children(notations, "tied")).collect();
    }
    (has(&signs, "start"), has(&signs, "stop"))
}

/// All ornament signs of the note.
pub(super) fn ornaments(note: Node<'_, '_>) -> Ornaments {
    let mut all = Ornaments::NONE;
    let signs = children(note, "notations").flat_map(|notations| notations.children());
    for sign in signs.filter(Node::is_element) {
        match sign.tag_name().name() {
            "ornaments" => {
                for ornament in sign.children().filter(Node::is_element) {
                    all = all.with(ornament_of(ornament));
                }
            }
            "arpeggiate" => all = all.with(Ornaments::ARPEGGIO),
            "glissando" | "slide" if sign.attribute("type") == Some("start") => {
                all = all.with(Ornaments::GLISSANDO);
            }
            _ => {}
        }
    }
    all
}

fn ornament_of(sign: Node<'_, '_>) -> Ornaments {
    match sign.tag_name().name() {
        "trill-mark" | "shake" => Ornaments::TRILL,
        // The line alone, without "tr", is a trill too; where it ends it says nothing new.
        "wavy-line" if sign.attribute("type") == Some("start") => Ornaments::TRILL,
        "turn"
        | "inverted-turn"
        | "delayed-turn"
        | "delayed-inverted-turn"
        | "vertical-turn"
        | "inverted-vertical-turn"
        | "haydn"
        | "schleifer" => Ornaments::TURN,
        "mordent" | "inverted-mordent" => Ornaments::MORDENT,
        "tremolo" => Ornaments::TREMOLO,
        _ => Ornaments::NONE,
    }
}

/// The voice as a number, 0 where it is none.
pub(super) fn voice(note: Node<'_, '_>) -> u16 {
    child_text(note, "voice").and_then(|text| text.parse().ok()).unwrap_or(0)
}

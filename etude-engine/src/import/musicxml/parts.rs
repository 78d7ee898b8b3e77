//! Which parts a pianist plays, and with which hand.

use roxmltree::Node;

use super::document::{Part, PartMeasure, child_text, clip};
use crate::import::warnings::Warnings;
use crate::score::Hand;
use crate::units::Pitch;

/// Middle C: where one staff divides between the hands.
pub(in crate::import) const MIDDLE_C: u8 = 60;

const KEYBOARD_NAMES: [&str; 12] = [
    "piano",
    "pno",
    "klavier",
    "clavier",
    "keyboard",
    "harpsi",
    "cembalo",
    "clavecin",
    "fortepiano",
    "celesta",
    "organ",
    "orgel",
];

/// The parts to be played, in order. Empty if no part has notes.
pub(super) fn choose(parts: &[Part<'_>], warnings: &mut Warnings) -> Vec<usize> {
    let sounding: Vec<usize> = (0..parts.len()).filter(|&i| parts[i].has_notes).collect();
    let keyboards = || sounding.iter().copied().filter(|&i| is_keyboard(&parts[i]));
    let grand = |i: &usize| parts[*i].staves >= 2;
    let chosen: Vec<usize> = if let Some(part) = keyboards().find(grand) {
        // A third staff is sometimes written as a part of the same name.
        let same = |&i: &usize| i == part || (!grand(&i) && name(&parts[i]) == name(&parts[part]));
        keyboards().filter(same).collect()
    } else if let Some(part) = sounding.iter().copied().find(grand) {
        vec![part]
    } else if keyboards().next().is_some() {
        keyboards().take(2).collect()
    } else if sounding.len() == 2 {
        sounding.clone()
    } else {
        sounding.iter().copied().take(1).collect()
    };
    let rest: Vec<String> =
        sounding.iter().filter(|i| !chosen.contains(i)).map(|&i| name(&parts[i])).collect();
    if !rest.is_empty() {
        let taken: Vec<String> = chosen.iter().map(|&i| name(&parts[i])).collect();
        warnings.add(None, format!("only {} is taken; left out: {}", taken.join(" and "), rest.join(", ")));
    }
    chosen
}

/// How the staves of the chosen parts divide between the hands.
#[derive(Clone, Copy)]
pub(super) enum Hands {
    /// A part with so many staves.
    Staves(u8),
    /// One of two parts with a staff each: all with this hand.
    All(Hand),
}

impl Hands {
    pub(super) fn of(self, staff: u8, pitch: Pitch) -> Hand {
        match self {
            Self::All(hand) => hand,
            Self::Staves(staves) if staves >= 2 && staff <= 1 => Hand::Right,
            Self::Staves(staves) if staves >= 2 && staff >= staves => Hand::Left,
            Self::Staves(_) if pitch.number() >= MIDDLE_C => Hand::Right,
            Self::Staves(_) => Hand::Left,
        }
    }
}

/// Staves on which a part has notes, or which it declares, and whether it has notes.
pub(super) fn survey(measures: &[PartMeasure<'_>]) -> (u8, bool) {
    let mut declared = 1;
    let mut highest = 0;
    for node in measures.iter().flat_map(|measure| measure.node.children()) {
        match node.tag_name().name() {
            "attributes" => {
                let staves = child_text(node, "staves").and_then(|text| text.parse().ok());
                declared = staves.unwrap_or(1).max(declared);
            }
            "note" if node.children().any(|child| child.has_tag_name("pitch")) => {
                let staff = child_text(node, "staff").and_then(|text| text.parse().ok());
                highest = staff.unwrap_or(1_u8).max(highest);
            }
            _ => {}
        }
    }
    // An ossia staff that is declared but empty must not take a hand.
    let staves = if highest >= 2 { highest } else { declared.min(2) };
    (staves, highest > 0)
}

pub(super) fn name(part: &Part<'_>) -> String {
    let name = part.entry.and_then(|entry| child_text(entry, "part-name"));
    match name {
        Some(name) => format!("{:?}", clip(name)),
        None => format!("part {:?}", clip(part.id)),
    }
}

fn is_keyboard(part: &Part<'_>) -> bool {
    let Some(entry) = part.entry else { return false };
    entry.descendants().filter(Node::is_element).any(|node| {
        let text = node.text().map(|text| text.trim().to_lowercase()).unwrap_or_default();
        match node.tag_name().name() {
            "part-name" | "instrument-name" => KEYBOARD_NAMES.iter().any(|name| text.contains(name)),
            "instrument-sound" => text.starts_with("keyboard."),
            "midi-program" => text.parse().is_ok_and(|program: u8| (1..=8).contains(&program)),
            _ => false,
        }
    })
}

//! Which parts a pianist plays, and with which hand.

use std::collections::BTreeSet;

use roxmltree::Node;

use super::document::{Part, child_text, children};
use crate::import::warnings::Warnings;
use crate::score::Hand;
use crate::units::Pitch;

/// Middle C: where one staff divides between the hands.
pub(in crate::import) const MIDDLE_C: u8 = 60;

const KEYBOARD_NAMES: [&str; 12] = [
    "piano", "pno", "klavier", "clavier", "keyboard", "harpsi", "cembalo", "clavecin", "fortepiano", "celesta",
    "organ", "orgel",
];

/// The parts to be played, in order; one or two. Empty if no part has notes.
pub(super) fn choose(parts: &[Part<'_>], warnings: &mut Warnings) -> Vec<usize> {
    let sounding: Vec<usize> = (0..parts.len()).filter(|&i| has_notes(&parts[i])).collect();
    let keyboards = || sounding.iter().copied().filter(|&i| is_keyboard(&parts[i]));
    let grand = |i: &usize| staves(&parts[*i]) >= 2;
    let chosen: Vec<usize> = if let Some(part) = keyboards().find(grand) {
        vec![part]
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
    /// One part; so many staves.
    Staves(u8),
    /// One of two parts: all with this hand.
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

/// Staves on which the part has notes, at least those it declares.
pub(super) fn staves(part: &Part<'_>) -> u8 {
    let mut declared = 1;
    let mut used = BTreeSet::new();
    for measure in &part.measures {
        for node in measure.node.children().filter(Node::is_element) {
            match node.tag_name().name() {
                "attributes" => {
                    let staves = child_text(node, "staves").and_then(|text| text.parse().ok());
                    declared = staves.unwrap_or(1).max(declared);
                }
                "note" if sounds(node) => {
                    used.extend(child_text(node, "staff").and_then(|text| text.parse::<u8>().ok()));
                }
                _ => {}
            }
        }
    }
    // Ossia staves that are declared but empty must not take a hand.
    match used.last() {
        Some(&highest) if highest >= 2 => highest,
        _ => declared.min(2),
    }
}

pub(super) fn name(part: &Part<'_>) -> String {
    let name = part.entry.and_then(|entry| child_text(entry, "part-name"));
    match name {
        Some(name) => format!("\"{name}\""),
        None => format!("part {}", part.id),
    }
}

fn has_notes(part: &Part<'_>) -> bool {
    part.measures.iter().any(|measure| children(measure.node, "note").any(sounds))
}

fn sounds(note: Node<'_, '_>) -> bool {
    note.children().any(|child| child.has_tag_name("pitch"))
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

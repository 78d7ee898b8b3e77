//! Which parts a pianist plays, and with which hand.

use super::document::{Part, PartMeasure, clip};
use super::name::{Attribute, Tag};
use super::tree::Node;
use crate::import::warnings::Warnings;
use crate::import::{ImportError, PartChoice, PartFound, PartKey};

/// What the names of keyboards contain; those of one line are one instrument.
const KEYBOARD_NAMES: [&[&str]; 8] = [
    &["piano", "pno", "klavier", "fortepiano", "hammerklavier", "pf."],
    &["clavier", "keyboard", "keys"],
    &["harpsi", "cembalo", "clavecin", "clavicembalo"],
    &["celesta", "čelesta"],
    &["organ", "orgel", "orgue", "órgano", "manual"],
    &["harmonium"],
    &["clavichord", "clavicord"],
    &["virginal", "spinet"],
];
/// What the parts of one hand are called, where that is all their name says.
const HAND_NAMES: [&str; 12] =
    ["right", "left", "rh", "lh", "r.h.", "l.h.", "m.d.", "m.g.", "rechte", "linke", "upper", "lower"];

/// What makes a part a keyboard's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyboard {
    /// Its name or its sound; which of [`KEYBOARD_NAMES`].
    Named(usize),
    /// A MIDI program alone, which many files give to every part.
    Program,
}

/// The parts to be played, in order. Empty if no part has notes.
pub(super) fn choose(
    root: Node<'_>,
    parts: &[Part<'_>],
    choice: &PartChoice,
    warnings: &mut Warnings,
) -> Result<Vec<usize>, ImportError> {
    let sounding: Vec<usize> = (0..parts.len()).filter(|&i| parts[i].survey.notes > 0).collect();
    let chosen = match choice {
        PartChoice::Piano => pianists(root, parts, &sounding),
        PartChoice::All => sounding.clone(),
        PartChoice::These(keys) => these(parts, keys)?,
    };
    let rest: Vec<String> =
        sounding.iter().filter(|i| !chosen.contains(i)).map(|&i| name(&parts[i])).collect();
    if !rest.is_empty() && !chosen.is_empty() {
        let taken: Vec<String> = chosen.iter().map(|&i| name(&parts[i])).collect();
        warnings.add(None, format!("only {} is taken; left out: {}", taken.join(" and "), rest.join(", ")));
    }
    Ok(chosen)
}

/// All parts as an import tells them.
pub(super) fn found(parts: &[Part<'_>], chosen: &[usize]) -> Vec<PartFound> {
    let found = |(index, part): (usize, &Part<'_>)| PartFound {
        id: clip(part.id),
        name: part_name(part).map(clip),
        staves: part.survey.staves,
        notes: part.survey.notes as u32,
        crossing: part.survey.crossing as u32,
        keyboard: part.keyboard.is_some(),
        chosen: chosen.contains(&index),
    };
    parts.iter().enumerate().map(found).collect()
}

/// The rule that `written_score` tells.
fn pianists(root: Node<'_>, parts: &[Part<'_>], sounding: &[usize]) -> Vec<usize> {
    let grand = |i: &usize| parts[*i].survey.staves >= 2;
    let all = || sounding.iter().copied();
    if let Some(part) = all().find(|i| grand(i) && parts[*i].keyboard.is_some()) {
        // A third staff is sometimes written as a part of the same name.
        let same = |&i: &usize| i == part || (!grand(&i) && name(&parts[i]) == name(&parts[part]));
        return all().filter(same).collect();
    }
    let mut named = all().filter_map(|i| match parts[i].keyboard {
        Some(Keyboard::Named(instrument)) => Some((i, instrument)),
        _ => None,
    });
    if let Some((first, instrument)) = named.next() {
        let other = named.find(|(_, other)| *other == instrument).map(|(i, _)| i);
        return std::iter::once(first).chain(other).collect();
    }
    if let Some(part) = all().find(grand) {
        return vec![part];
    }
    if let Some(pair) = braced(root, parts).or_else(|| hands_by_name(parts, sounding)) {
        return pair;
    }
    let programs: Vec<usize> = all().filter(|&i| parts[i].keyboard.is_some()).take(2).collect();
    match (programs.is_empty(), sounding.len()) {
        (false, _) => programs,
        (true, 2) => sounding.to_vec(),
        (true, _) => all().take(1).collect(),
    }
}

/// The first two parts with notes that a brace of the part list joins, if it joins no more.
fn braced(root: Node<'_>, parts: &[Part<'_>]) -> Option<Vec<usize>> {
    let mut open: Vec<(&str, bool, Vec<usize>)> = Vec::new();
    for entry in root.child(Tag::PartList)?.children() {
        let number = entry.attribute(Attribute::Number).unwrap_or("1");
        match (entry.tag(), entry.attribute(Attribute::Type)) {
            (Tag::PartGroup, Some("start")) if open.len() < GROUPS_MAX => {
                open.push((number, entry.child_text(Tag::GroupSymbol) == Some("brace"), Vec::new()));
            }
            (Tag::PartGroup, Some("stop")) => {
                let Some(at) = open.iter().rposition(|(other, ..)| *other == number) else { continue };
                let (_, brace, members) = open.remove(at);
                if brace && members.len() == 2 {
                    return Some(members);
                }
            }
            (Tag::ScorePart, _) => {
                let id = entry.attribute(Attribute::Id).unwrap_or("");
                let part = parts.iter().position(|part| part.id == id && part.survey.notes > 0);
                open.iter_mut().for_each(|(.., members)| members.extend(part));
            }
            _ => {}
        }
    }
    None
}

/// Groups of parts that lie in each other.
const GROUPS_MAX: usize = 16;

/// Two parts that are called by hands.
fn hands_by_name(parts: &[Part<'_>], sounding: &[usize]) -> Option<Vec<usize>> {
    let is_hand = |&&i: &&usize| {
        let name = part_name(&parts[i]).unwrap_or("").to_lowercase();
        HAND_NAMES.iter().any(|hand| name.starts_with(hand))
    };
    let pair: Vec<usize> = sounding.iter().filter(is_hand).copied().collect();
    (pair.len() == 2).then_some(pair)
}

fn these(parts: &[Part<'_>], keys: &[PartKey]) -> Result<Vec<usize>, ImportError> {
    let all = found(parts, &[]);
    let called = |key: &PartKey| -> Vec<usize> { (0..all.len()).filter(|&i| key.is(i, &all[i])).collect() };
    let mut chosen = Vec::new();
    for key in keys {
        let of_key = called(key);
        if of_key.is_empty() {
            let have = parts.iter().take(PARTS_TOLD_MAX).map(name).collect::<Vec<_>>().join(", ");
            return Err(ImportError::NoSuchPart { part: key.to_string(), have });
        }
        chosen.extend(of_key);
    }
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

/// Parts that an error names.
const PARTS_TOLD_MAX: usize = 16;

/// What a part has on its staves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// Staves on which it has notes, or which it declares.
    pub(super) staves: u8,
    /// Notes with a pitch.
    pub(super) notes: usize,
    /// Those on another staff than their voice began on.
    pub(super) crossing: usize,
}

impl Survey {
    pub(super) fn of(measures: &[PartMeasure<'_>]) -> Self {
        let (mut declared, mut highest, mut this) = (1, 0, Self::default());
        // The staff on which each voice began, since the last backup.
        let mut homes: Vec<(&str, u8)> = Vec::new();
        for measure in measures {
            homes.clear();
            for node in measure.node.children() {
                match node.tag() {
                    Tag::Attributes => {
                        let staves = node.child_text(Tag::Staves).and_then(|text| text.parse().ok());
                        declared = staves.unwrap_or(1).max(declared);
                    }
                    Tag::Backup => homes.clear(),
                    Tag::Note if node.children().any(|child| child.is(Tag::Pitch)) => {
                        let staff =
                            node.child_text(Tag::Staff).and_then(|text| text.parse().ok()).unwrap_or(1_u8);
                        highest = staff.max(highest);
                        this.notes += 1;
                        let voice = node.child_text(Tag::Voice).unwrap_or("");
                        match homes.iter().find(|(other, _)| *other == voice) {
                            Some((_, home)) => this.crossing += usize::from(*home != staff),
                            None if homes.len() < VOICES_MAX => homes.push((voice, staff)),
                            None => {}
                        }
                    }
                    _ => {}
                }
            }
        }
        // An ossia staff that is declared but empty must not take a hand.
        this.staves = if highest >= 2 { highest } else { declared.min(2) };
        this
    }
}

/// Voices between two backups whose staves are known.
const VOICES_MAX: usize = 32;

/// What a part is called in messages.
pub(super) fn name(part: &Part<'_>) -> String {
    match part_name(part) {
        Some(name) => format!("{:?}", clip(name)),
        None => format!("part {:?}", clip(part.id)),
    }
}

fn part_name<'a>(part: &Part<'a>) -> Option<&'a str> {
    part.entry.and_then(|entry| entry.child_text(Tag::PartName))
}

/// Whether a `<score-part>` is a keyboard's.
pub(super) fn keyboard(entry: Node<'_>) -> Option<Keyboard> {
    let mut program = None;
    for node in entry.descendants() {
        let text = || node.text().map(str::to_lowercase).unwrap_or_default();
        match node.tag() {
            Tag::PartName | Tag::InstrumentName => {
                let text = text();
                let known = |names: &&[&str]| names.iter().any(|name| text.contains(name));
                if let Some(instrument) = KEYBOARD_NAMES.iter().position(known) {
                    return Some(Keyboard::Named(instrument));
                }
            }
            Tag::InstrumentSound => {
                let text = text();
                let sound = text.strip_prefix("keyboard.").unwrap_or("");
                if !sound.is_empty() {
                    let known = |names: &&[&str]| names.iter().any(|name| sound.starts_with(name));
                    let other = KEYBOARD_NAMES.len();
                    return Some(Keyboard::Named(KEYBOARD_NAMES.iter().position(known).unwrap_or(other)));
                }
            }
            Tag::MidiProgram if text().parse().is_ok_and(|program: u8| (1..=8).contains(&program)) => {
                program = Some(Keyboard::Program);
            }
            _ => {}
        }
    }
    program
}

/// Whether the lowest of three staves is played by the feet.
pub(super) fn has_pedals(part: &Part<'_>) -> bool {
    part.survey.staves == 3
        && matches!(part.keyboard, Some(Keyboard::Named(instrument)) if instrument == ORGAN)
}

/// The organ's line in [`KEYBOARD_NAMES`].
const ORGAN: usize = 4;

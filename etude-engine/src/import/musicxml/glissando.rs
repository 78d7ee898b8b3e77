//! Glissandi and slides: every key from the first note to the one where the line ends.

use super::document::PartMeasure;
use super::name::{Attribute, Tag};
use super::pitch::Spelled;
use super::tree::Node;
use crate::score::freedom::{KeySet, Ornament, Sign};
use crate::units::Pitch;

/// Most notes and XML nodes looked at for the ends of all lines of a part, so that the search has a bound. A search of
/// a full measure looks at some hundreds.
pub(super) const NODES_SEARCHED_MAX: usize = 1 << 22;

/// The written pitch of the note of a measure where a line that began in the measure before ends. Takes what it looks
/// at from `nodes_left`.
pub(super) fn end(
    measure: PartMeasure<'_>,
    name: Tag,
    number: u8,
    nodes_left: &mut usize,
) -> Option<Spelled> {
    let ends = |note: &Node<'_>| {
        let mut signs = note.children_of(Tag::Notations).flat_map(|notations| notations.children_of(name));
        signs.any(|sign| {
            let its = sign
                .attribute(Attribute::Number)
                .and_then(|number| number.trim().parse().ok())
                .unwrap_or(1_u8);
            sign.attribute(Attribute::Type) == Some("stop") && its == number
        })
    };
    let allowed = measure.node.children().take_while(|_| {
        *nodes_left = nodes_left.saturating_sub(1);
        *nodes_left > 0
    });
    let note = allowed.filter(|node| node.is(Tag::Note)).find(ends)?;
    Some(Spelled::read(note.child(Tag::Pitch)?).ok()?.0)
}

/// The freedom of the first note: which keys the player touches is theirs.
pub(super) fn between(start: Pitch, end: Pitch) -> Ornament {
    Ornament { sign: Sign::Glissando, keys: KeySet::span(start, end), until: Ornament::AS_LONG_AS_TIED }
}

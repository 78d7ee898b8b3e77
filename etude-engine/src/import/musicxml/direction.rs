//! Dynamics, hairpins and pedal: marks of expression that stand beside the notes.

use super::name::{Attribute, Tag};
use super::tree::Node;
use crate::score::marks::{Dynamic, MarkKind};

/// The marks of a `<direction>`, in order.
pub(super) fn marks(direction: Node<'_>) -> Vec<MarkKind> {
    let mut marks = Vec::new();
    let kinds = direction.children_of(Tag::DirectionType).flat_map(|kind| kind.children());
    for sign in kinds {
        match sign.tag() {
            Tag::Dynamics => marks.extend(dynamics(sign).map(MarkKind::Dynamic)),
            Tag::Wedge => marks.extend(match sign.attribute(Attribute::Type) {
                Some("crescendo") => Some(MarkKind::Crescendo),
                Some("diminuendo") => Some(MarkKind::Diminuendo),
                Some("stop") => Some(MarkKind::HairpinEnd),
                _ => None,
            }),
            Tag::Pedal => marks.extend(match sign.attribute(Attribute::Type) {
                Some("start" | "resume") => Some(MarkKind::PedalDown),
                Some("change") => Some(MarkKind::PedalChange),
                Some("stop" | "discontinue") => Some(MarkKind::PedalUp),
                Some("sostenuto") => Some(MarkKind::SostenutoDown),
                _ => None,
            }),
            _ => {}
        }
    }
    if let Some(sound) = direction.child(Tag::Sound) {
        let pedal = [
            (Attribute::DamperPedal, MarkKind::PedalDown, MarkKind::PedalUp),
            (Attribute::SostenutoPedal, MarkKind::SostenutoDown, MarkKind::SostenutoUp),
        ];
        for (name, down, up) in pedal {
            // What plays back says the same as what is drawn, where both are there.
            let drawn = |mark: &MarkKind| [down, up, MarkKind::PedalChange].contains(mark);
            if !marks.iter().any(drawn) {
                marks.extend(sound.attribute(name).map(|value| if value == "no" { up } else { down }));
            }
        }
    }
    marks
}

/// The dynamics in a `<dynamics>`. Of marks without a name of their own nothing is known.
pub(super) fn dynamics<'a>(node: Node<'a>) -> impl Iterator<Item = Dynamic> {
    node.children().filter_map(|sign| dynamic(sign.tag()))
}

fn dynamic(tag: Tag) -> Option<Dynamic> {
    Some(match tag {
        Tag::P => Dynamic::P,
        Tag::F => Dynamic::F,
        Tag::Mp => Dynamic::Mp,
        Tag::Mf => Dynamic::Mf,
        Tag::N => Dynamic::Niente,
        Tag::Sf | Tag::Sfz | Tag::Sffz | Tag::Sfzp | Tag::Fz | Tag::Rf | Tag::Rfz => Dynamic::Sforzato,
        Tag::Fp | Tag::Sfp | Tag::Sfpp | Tag::Pf => Dynamic::Fortepiano,
        Tag::Pp => Dynamic::Pp(2),
        Tag::Ppp => Dynamic::Pp(3),
        Tag::Pppp => Dynamic::Pp(4),
        Tag::Ppppp => Dynamic::Pp(5),
        Tag::Pppppp => Dynamic::Pp(6),
        Tag::Ff => Dynamic::Ff(2),
        Tag::Fff => Dynamic::Ff(3),
        Tag::Ffff => Dynamic::Ff(4),
        Tag::Fffff => Dynamic::Ff(5),
        Tag::Ffffff => Dynamic::Ff(6),
        _ => return None,
    })
}

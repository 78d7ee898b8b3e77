//! Dynamics, hairpins and pedal: marks of expression that stand beside the notes.

use roxmltree::Node;

use super::document::{child, children};
use crate::score::marks::{Dynamic, MarkKind};

/// The marks of a `<direction>`, in order.
pub(super) fn marks(direction: Node<'_, '_>) -> Vec<MarkKind> {
    let mut marks = Vec::new();
    let kinds = children(direction, "direction-type").flat_map(|kind| kind.children());
    for sign in kinds.filter(Node::is_element) {
        match sign.tag_name().name() {
            "dynamics" => marks.extend(dynamics(sign).map(MarkKind::Dynamic)),
            "wedge" => marks.extend(match sign.attribute("type") {
                Some("crescendo") => Some(MarkKind::Crescendo),
                Some("diminuendo") => Some(MarkKind::Diminuendo),
                Some("stop") => Some(MarkKind::HairpinEnd),
                _ => None,
            }),
            "pedal" => marks.extend(match sign.attribute("type") {
                Some("start" | "resume") => Some(MarkKind::PedalDown),
                Some("change") => Some(MarkKind::PedalChange),
                Some("stop" | "discontinue") => Some(MarkKind::PedalUp),
                Some("sostenuto") => Some(MarkKind::SostenutoDown),
                _ => None,
            }),
            _ => {}
        }
    }
    if let Some(sound) = child(direction, "sound") {
        let pedal = [
            ("damper-pedal", MarkKind::PedalDown, MarkKind::PedalUp),
            ("sostenuto-pedal", MarkKind::SostenutoDown, MarkKind::SostenutoUp),
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
pub(super) fn dynamics<'a>(node: Node<'a, 'a>) -> impl Iterator<Item = Dynamic> {
    node.children().filter(Node::is_element).filter_map(|sign| dynamic(sign.tag_name().name()))
}

fn dynamic(name: &str) -> Option<Dynamic> {
    let all = |letter: u8| name.bytes().all(|byte| byte == letter) && (2..=6).contains(&name.len());
    Some(match name {
        "p" => Dynamic::P,
        "f" => Dynamic::F,
        "mp" => Dynamic::Mp,
        "mf" => Dynamic::Mf,
        "n" => Dynamic::Niente,
        "sf" | "sfz" | "sffz" | "sfzp" | "fz" | "rf" | "rfz" => Dynamic::Sforzato,
        "fp" | "sfp" | "sfpp" | "pf" => Dynamic::Fortepiano,
        _ if all(b'p') => Dynamic::Pp(name.len() as u8),
        _ if all(b'f') => Dynamic::Ff(name.len() as u8),
        _ => return None,
    })
}

//! Signs of the large form: repeats, voltas, segno and coda.

use super::document::clip;
use super::name::{Attribute, Tag};
use super::tree::Node;
use super::words;
use crate::score::sign::{Return, Sign, SignKind, Until};
use crate::score::times::{TIMES_MAX, Times};
use crate::score::written::RepeatEnd;
use crate::units::Ticks;

/// Most signs of the large form in one measure.
const SIGNS_MAX: usize = 16;

/// What the bar lines and directions of one measure say about the large form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) repeat_start: bool,
    pub(super) repeat_end: Option<RepeatEnd>,
    /// A repeat sign that belongs to the measure after or before this one.
    pub(super) starts_next: bool,
    pub(super) ended_before: Option<RepeatEnd>,
    /// The numbers of the bracket that begins here; none if it has no number.
    pub(super) volta_start: Option<Times>,
    pub(super) volta_stop: bool,
    /// Signs and how far into the measure they stand.
    pub(super) signs: Vec<(Ticks, Sign)>,
}

impl Form {
    /// Takes in the signs of a bar line. False if one stood in the middle of the measure, where it was moved to
    /// the measure's edge.
    pub(super) fn barline(&mut self, barline: Node<'_>) -> bool {
        let location = barline.attribute(Attribute::Location).unwrap_or("right");
        let repeat = barline.child(Tag::Repeat);
        if let Some(repeat) = repeat {
            let end = RepeatEnd {
                times: repeat.attribute(Attribute::Times).and_then(|times| times.trim().parse().ok()),
                after_jump: repeat.attribute(Attribute::AfterJump) == Some("yes"),
            };
            match (repeat.attribute(Attribute::Direction), location) {
                (Some("forward"), "right") => self.starts_next = true,
                (Some("forward"), _) => self.repeat_start = true,
                (Some("backward"), "left") => self.ended_before = Some(end),
                (Some("backward"), _) => self.repeat_end = Some(end),
                _ => {}
            }
        }
        for ending in barline.children_of(Tag::Ending) {
            match ending.attribute(Attribute::Type) {
                Some("start") => {
                    self.volta_start = Some(numbers(ending.attribute(Attribute::Number).unwrap_or("")))
                }
                _ => self.volta_stop = true,
            }
        }
        let places =
            [(Tag::Segno, Attribute::Segno, SignKind::Segno), (Tag::Coda, Attribute::Coda, SignKind::Coda)];
        for (drawn, played, kind) in places {
            if barline.child(drawn).is_some() || barline.has_attribute(played) {
                let name = barline.attribute(played).map(Into::into);
                let at_end = location == "right";
                self.add(Ticks(0), Sign { name, at_end, ..Sign::new(kind) });
            }
        }
        location != "middle" || repeat.is_none()
    }

    /// Takes in the playback attributes of a `<sound>` that stands so far into the measure.
    pub(super) fn sound(&mut self, sound: Node<'_>, at: Ticks) {
        self.repeat_start |= sound.attribute(Attribute::ForwardRepeat) == Some("yes");
        for sign in signs_of_sound(sound) {
            self.add(at, sign);
        }
    }

    /// Takes in the signs and words of a `<direction>`, and its `<sound>`. What the sound says goes before the words;
    /// these then only add how a D.C. or D.S. is played.
    pub(super) fn direction(&mut self, direction: Node<'_>, at: Ticks) {
        let mut text = String::new();
        for kind in direction.children_of(Tag::DirectionType).flat_map(|kind| kind.children()) {
            text.push(' ');
            match kind.tag() {
                Tag::Segno => text.push_str("segno"),
                Tag::Coda => text.push_str("coda"),
                Tag::Words => text.push_str(kind.text().unwrap_or("")),
                _ => {}
            }
        }
        let written = words::sign(&text);
        let mut sounds = false;
        for sound in direction.children_of(Tag::Sound) {
            self.repeat_start |= sound.attribute(Attribute::ForwardRepeat) == Some("yes");
            for mut sign in signs_of_sound(sound) {
                use SignKind::{DaCapo, DalSegno};
                if let (DaCapo(how) | DalSegno(how), Some(DaCapo(said) | DalSegno(said))) =
                    (&mut sign.kind, written)
                {
                    *how = said;
                }
                self.add(at, sign);
                sounds = true;
            }
        }
        if let Some(kind) = written.filter(|_| !sounds) {
            self.add(at, Sign::new(kind));
        }
    }

    /// The same sign may be written in every part, as words and as a sound.
    fn add(&mut self, at: Ticks, sign: Sign) {
        let alike = |(_, other): &&mut (Ticks, Sign)| {
            let kind = std::mem::discriminant(&other.kind) == std::mem::discriminant(&sign.kind);
            kind && (other.name == sign.name || other.name.is_none() || sign.name.is_none())
        };
        let Some((_, other)) = self.signs.iter_mut().find(alike) else {
            if self.signs.len() < SIGNS_MAX {
                self.signs.push((at, sign));
            }
            return;
        };
        other.name = other.name.take().or(sign.name);
        if other.times.is_any() {
            other.times = sign.times;
        }
        use SignKind::{DaCapo, DalSegno};
        if let (DaCapo(how) | DalSegno(how), DaCapo(said) | DalSegno(said)) = (&mut other.kind, sign.kind) {
            how.repeats |= said.repeats;
            if how.until == Until::Any {
                how.until = said.until;
            }
        }
    }

    /// Adds what another part says of the same measure.
    pub(super) fn merge(&mut self, other: Self) {
        let more = |ours: Option<RepeatEnd>, theirs: Option<RepeatEnd>| match (ours, theirs) {
            (Some(a), Some(b)) => {
                Some(RepeatEnd { times: a.times.max(b.times), after_jump: a.after_jump | b.after_jump })
            }
            (a, b) => a.or(b),
        };
        self.repeat_start |= other.repeat_start;
        self.repeat_end = more(self.repeat_end, other.repeat_end);
        self.starts_next |= other.starts_next;
        self.ended_before = more(self.ended_before, other.ended_before);
        self.volta_start = self.volta_start.or(other.volta_start);
        self.volta_stop |= other.volta_stop;
        for (at, sign) in other.signs {
            self.add(at, sign);
        }
    }
}

/// The signs that the playback attributes of a `<sound>` mean.
fn signs_of_sound(sound: Node<'_>) -> impl Iterator<Item = Sign> {
    const ATTRIBUTES: [(Attribute, SignKind); 6] = [
        (Attribute::Segno, SignKind::Segno),
        (Attribute::Coda, SignKind::Coda),
        (Attribute::ToCoda, SignKind::ToCoda),
        (Attribute::Fine, SignKind::Fine),
        (Attribute::DaCapo, SignKind::DaCapo(Return { until: Until::Any, repeats: false })),
        (Attribute::DalSegno, SignKind::DalSegno(Return { until: Until::Any, repeats: false })),
    ];
    let times = times(sound);
    ATTRIBUTES.into_iter().filter_map(move |(name, kind)| {
        let value = sound.attribute(name).filter(|value| *value != "no")?;
        let named =
            matches!(kind, SignKind::Segno | SignKind::Coda | SignKind::ToCoda | SignKind::DalSegno(_));
        let name = named.then(|| clip(value).into());
        // The pass of a target means nothing: one goes there by its jump.
        let times = if matches!(kind, SignKind::Segno | SignKind::Coda) { Times::ANY } else { times };
        Some(Sign { name, times, ..Sign::new(kind) })
    })
}

/// The `time-only` of a `<sound>` or `<note>`.
pub(super) fn times(node: Node<'_>) -> Times {
    node.attribute(Attribute::TimeOnly).map_or(Times::ANY, numbers)
}

/// The numbers of a volta: "1", "1, 2", "1.", "1-3".
fn numbers(text: &str) -> Times {
    let mut numbers = Times::ANY;
    for item in text.split([',', ' ', ';', '+', '&']).take(usize::from(TIMES_MAX)) {
        let mut ends = item
            .split(['-', '\u{2013}'])
            .filter_map(|end| end.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok());
        let Some(first) = ends.next() else { continue };
        let last: u16 = ends.next().unwrap_or(first);
        (first.max(1)..=last.min(TIMES_MAX)).for_each(|time| numbers.insert(time));
    }
    numbers
}

//! What one `<note>` says, apart from when.

use super::name::{Attribute, Tag};
use super::ornament::Signs;
use super::pitch::Spelled;
use super::tree::Node;
use crate::score::Articulations;
use crate::score::freedom::GraceKind;
use crate::score::marks::MarkKind;

/// A `<note>`, its children found in one pass.
pub(super) struct NoteElement<'a> {
    pub(super) node: Node<'a>,
    pub(super) grace: Option<Node<'a>>,
    pub(super) chord: bool,
    pub(super) cue: bool,
    pub(super) rest: bool,
    pub(super) duration: Option<&'a str>,
    /// The voice as a number, 0 where it is none.
    pub(super) voice: u16,
    /// From 1.
    pub(super) staff: u8,
    pitch: Option<Node<'a>>,
    unpitched: bool,
    notehead: Option<&'a str>,
    /// Ties that sound; ties that are drawn.
    tie: Tie,
    tied: Tie,
    notations: Vec<Node<'a>>,
}

#[derive(Clone, Copy, Default)]
struct Tie {
    any: bool,
    start: bool,
    stop: bool,
    let_ring: bool,
}

impl Tie {
    fn add(&mut self, kind: Option<&str>) {
        self.any = true;
        match kind {
            Some("start") => self.start = true,
            Some("stop") => self.stop = true,
            Some("continue") => (self.start, self.stop) = (true, true),
            Some("let-ring") => self.let_ring = true,
            _ => {}
        }
    }
}

impl<'a> NoteElement<'a> {
    pub(super) fn read(node: Node<'a>) -> Self {
        let mut this = Self {
            node,
            grace: None,
            chord: false,
            cue: false,
            rest: false,
            duration: None,
            voice: 0,
            staff: 1,
            pitch: None,
            unpitched: false,
            notehead: None,
            tie: Tie::default(),
            tied: Tie::default(),
            notations: Vec::new(),
        };
        for child in node.children() {
            match child.tag() {
                Tag::Grace => this.grace = Some(child),
                Tag::Chord => this.chord = true,
                Tag::Cue => this.cue = true,
                Tag::Rest => this.rest = true,
                Tag::Pitch => this.pitch = this.pitch.or(Some(child)),
                Tag::Unpitched => this.unpitched = true,
                Tag::Duration => this.duration = this.duration.or(child.text()),
                Tag::Voice => this.voice = child.text().and_then(|text| text.parse().ok()).unwrap_or(0),
                Tag::Staff => {
                    this.staff = child.text().and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
                }
                Tag::Notehead => this.notehead = child.text(),
                Tag::Tie => this.tie.add(child.attribute(Attribute::Type)),
                Tag::Notations => this.notations.push(child),
                _ => {}
            }
        }
        let mut tied = Tie::default();
        this.signs()
            .filter(|sign| sign.is(Tag::Tied))
            .for_each(|sign| tied.add(sign.attribute(Attribute::Type)));
        this.tied = tied;
        this
    }

    /// The pitch, or why nothing is to be struck; `None` for a rest. Also whether a quarter tone was rounded.
    pub(super) fn spelled(&self) -> Option<Result<(Spelled, bool), String>> {
        match self.pitch {
            _ if self.rest => None,
            Some(pitch) => Some(Spelled::read(pitch)),
            None if self.unpitched => Some(Err("an unpitched note was left out".to_owned())),
            None => Some(Err("a note without pitch was left out".to_owned())),
        }
    }

    /// Whether ties start and stop here. `<tie>` is what sounds; a file that only draws `<tied>` means the same.
    pub(super) fn ties(&self) -> (bool, bool) {
        let tie = if self.tie.any { self.tie } else { self.tied };
        (tie.start, tie.stop)
    }

    /// Whether the note is not shown: `print-object="no"`, or no head.
    pub(super) fn is_hidden(&self) -> bool {
        self.node.attribute(Attribute::PrintObject) == Some("no") || self.notehead == Some("none")
    }

    /// Whether its head is a slash, which stands for a rhythm without a pitch.
    pub(super) fn is_slash(&self) -> bool {
        self.notehead == Some("slash")
    }

    /// Whether playback leaves it silent: a velocity of nought.
    pub(super) fn is_silent(&self) -> bool {
        let dynamics = self.node.attribute(Attribute::Dynamics).and_then(super::number::Decimal::parse);
        dynamics.is_some_and(|percent| percent.0 == 0)
    }

    /// How a grace note relates to its neighbours, as far as the sign says.
    pub(super) fn grace_kind(&self) -> Option<GraceKind> {
        let grace = self.grace?;
        let takes = |name| grace.has_attribute(name);
        Some(if grace.attribute(Attribute::Slash) == Some("yes") {
            GraceKind::Slashed
        } else if takes(Attribute::StealTimePrevious)
            && !takes(Attribute::StealTimeFollowing)
            && !takes(Attribute::MakeTime)
        {
            GraceKind::After
        } else {
            GraceKind::Unslashed
        })
    }

    /// Articulations on the note, and the marks that go with them.
    pub(super) fn articulations(&self, mut mark: impl FnMut(MarkKind)) -> Articulations {
        use Articulations as A;
        let mut all = if self.tied.let_ring || self.tie.let_ring { A::LET_RING } else { A::NONE };
        for sign in self.signs() {
            match sign.tag() {
                Tag::Fermata => {
                    all = all.with(A::FERMATA);
                    mark(MarkKind::Fermata);
                }
                Tag::Dynamics => super::direction::dynamics(sign).map(MarkKind::Dynamic).for_each(&mut mark),
                Tag::Articulations => {
                    for articulation in sign.children() {
                        all = all.with(match articulation.tag() {
                            Tag::Staccato => A::STACCATO,
                            Tag::Staccatissimo | Tag::Spiccato => A::STACCATISSIMO,
                            Tag::Tenuto => A::TENUTO,
                            Tag::DetachedLegato => A::PORTATO,
                            Tag::Accent | Tag::SoftAccent => A::ACCENT,
                            Tag::StrongAccent => A::MARCATO,
                            Tag::Stress => A::STRESS,
                            Tag::Unstress => A::UNSTRESS,
                            Tag::BreathMark => {
                                mark(MarkKind::Breath);
                                A::BREATH
                            }
                            Tag::Caesura => {
                                mark(MarkKind::Caesura);
                                A::BREATH
                            }
                            _ => A::NONE,
                        });
                    }
                }
                _ => {}
            }
        }
        all
    }

    /// Signs of ornament and the like.
    pub(super) fn ornament_signs(&self) -> Option<Box<Signs>> {
        if self.notations.is_empty() {
            return None;
        }
        let signs = Signs::read(self.signs());
        (!signs.is_empty()).then(|| Box::new(signs))
    }

    fn signs(&self) -> impl Iterator<Item = Node<'a>> {
        self.notations.iter().flat_map(|notations| notations.children())
    }
}

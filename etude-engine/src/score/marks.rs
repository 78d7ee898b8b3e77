//! Marks of expression: dynamics, articulations, pedal, fermatas. Kept with their place for scoring to come; no
//! verdict depends on them today.

use serde::{Deserialize, Serialize};

use crate::units::Ticks;

/// A mark over the performed timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// What it says.
    pub kind: MarkKind,
    /// Where it takes effect.
    pub at: Ticks,
    /// Index into [`Score::measures`](super::Score::measures).
    pub measure: u32,
    /// Staff it stands on, from 1.
    pub staff: u8,
}

/// What a mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MarkKind {
    /// A dynamic.
    Dynamic(Dynamic),
    /// A crescendo hairpin opens.
    Crescendo,
    /// A diminuendo hairpin opens.
    Diminuendo,
    /// A hairpin ends.
    HairpinEnd,
    /// The damper pedal goes down.
    PedalDown,
    /// The damper pedal goes up and down again.
    PedalChange,
    /// The damper pedal goes up.
    PedalUp,
    /// The sostenuto (middle) pedal goes down.
    SostenutoDown,
    /// The sostenuto pedal goes up.
    SostenutoUp,
    /// A fermata on a note, a rest or a bar line.
    Fermata,
    /// A breath mark, after the note that begins here.
    Breath,
    /// A caesura, after the note that begins here.
    Caesura,
}

/// Dynamics that MusicXML has names for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Dynamic {
    /// Pianissimo and softer: so many p, 2 to 6.
    Pp(u8),
    /// Piano.
    P,
    /// Mezzo-piano.
    Mp,
    /// Mezzo-forte.
    Mf,
    /// Forte.
    F,
    /// Fortissimo and louder: so many f, 2 to 6.
    Ff(u8),
    /// An accent: sf, sfz, sffz, fz, rf, rfz.
    Sforzato,
    /// Loud, then at once soft: fp, sfp, sfpp, pf.
    Fortepiano,
    /// Niente.
    Niente,
}

/// How a note is to be touched, as a small set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Articulations(u16);

impl Articulations {
    /// No sign.
    pub const NONE: Self = Self(0);
    /// Staccato: a dot.
    pub const STACCATO: Self = Self(1);
    /// Staccatissimo or spiccato: a wedge.
    pub const STACCATISSIMO: Self = Self(2);
    /// Tenuto: a line.
    pub const TENUTO: Self = Self(4);
    /// Detached legato (portato): a line and a dot.
    pub const PORTATO: Self = Self(8);
    /// Accent: a wedge lying on its side.
    pub const ACCENT: Self = Self(16);
    /// Strong accent (marcato): a wedge standing up.
    pub const MARCATO: Self = Self(32);
    /// Stressed.
    pub const STRESS: Self = Self(64);
    /// Unstressed.
    pub const UNSTRESS: Self = Self(128);
    /// A fermata stands on the note.
    pub const FERMATA: Self = Self(256);
    /// A breath mark or a caesura follows the note.
    pub const BREATH: Self = Self(512);
    /// Left to ring on (laissez vibrer).
    pub const LET_RING: Self = Self(1024);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two sets have a sign in common.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is no sign.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set as bits, in the order of the constants.
    pub const fn bits(self) -> u16 {
        self.0
    }
}

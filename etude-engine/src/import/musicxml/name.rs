//! The names of elements and attributes that the import reads, as numbers. Whatever has another name is not kept.

/// An enumeration of names that are looked up as the text is read.
macro_rules! names {
    ($(#[$about:meta])* $kind:ident { $($variant:ident = $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum $kind { $($variant,)* }

        impl $kind {
            const ALL: &[Self] = &[$(Self::$variant,)*];
            const NAMES: &[&str] = &[$($name,)*];
            const SLOTS: [u8; SLOTS] = slots(Self::NAMES);

            /// The one of this name, if it is read.
            pub(super) fn of(name: &[u8]) -> Option<Self> {
                let number = find(&Self::SLOTS, Self::NAMES, name)?;
                Some(Self::ALL[number])
            }
        }
    };
}

names! {
    /// An element that is read. Of an element with another name nothing is kept, nor of what is in it.
    Tag {
        Accent = "accent",
        AccidentalMark = "accidental-mark",
        Alter = "alter",
        Arpeggiate = "arpeggiate",
        Articulations = "articulations",
        Attributes = "attributes",
        Backup = "backup",
        Barline = "barline",
        BeatRepeat = "beat-repeat",
        BeatType = "beat-type",
        BeatUnit = "beat-unit",
        BeatUnitDot = "beat-unit-dot",
        BeatUnitTied = "beat-unit-tied",
        Beats = "beats",
        BreathMark = "breath-mark",
        Caesura = "caesura",
        Chord = "chord",
        Chromatic = "chromatic",
        Coda = "coda",
        Creator = "creator",
        Cue = "cue",
        DelayedInvertedTurn = "delayed-inverted-turn",
        DelayedTurn = "delayed-turn",
        DetachedLegato = "detached-legato",
        Direction = "direction",
        DirectionType = "direction-type",
        Divisions = "divisions",
        Double = "double",
        Duration = "duration",
        Dynamics = "dynamics",
        Ending = "ending",
        F = "f",
        Fermata = "fermata",
        Ff = "ff",
        Fff = "fff",
        Ffff = "ffff",
        Fffff = "fffff",
        Ffffff = "ffffff",
        Fifths = "fifths",
        Forward = "forward",
        Fp = "fp",
        Fz = "fz",
        Glissando = "glissando",
        Grace = "grace",
        GroupSymbol = "group-symbol",
        Haydn = "haydn",
        Identification = "identification",
        InstrumentName = "instrument-name",
        InstrumentSound = "instrument-sound",
        InvertedMordent = "inverted-mordent",
        InvertedTurn = "inverted-turn",
        InvertedVerticalTurn = "inverted-vertical-turn",
        Key = "key",
        KeyAlter = "key-alter",
        KeyStep = "key-step",
        Measure = "measure",
        MeasureRepeat = "measure-repeat",
        MeasureStyle = "measure-style",
        Metronome = "metronome",
        MetronomeDot = "metronome-dot",
        MetronomeNote = "metronome-note",
        MetronomeRelation = "metronome-relation",
        MetronomeTuplet = "metronome-tuplet",
        MetronomeType = "metronome-type",
        Mf = "mf",
        MidiInstrument = "midi-instrument",
        MidiProgram = "midi-program",
        Mordent = "mordent",
        MovementTitle = "movement-title",
        Mp = "mp",
        N = "n",
        NonArpeggiate = "non-arpeggiate",
        Notations = "notations",
        Note = "note",
        Notehead = "notehead",
        Octave = "octave",
        OctaveChange = "octave-change",
        Offset = "offset",
        Ornaments = "ornaments",
        OtherOrnament = "other-ornament",
        P = "p",
        Part = "part",
        PartGroup = "part-group",
        PartList = "part-list",
        PartName = "part-name",
        Pedal = "pedal",
        PerMinute = "per-minute",
        Pf = "pf",
        Pitch = "pitch",
        Pp = "pp",
        Ppp = "ppp",
        Pppp = "pppp",
        Ppppp = "ppppp",
        Pppppp = "pppppp",
        Repeat = "repeat",
        Rest = "rest",
        Rf = "rf",
        Rfz = "rfz",
        Schleifer = "schleifer",
        ScoreInstrument = "score-instrument",
        ScorePart = "score-part",
        ScorePartwise = "score-partwise",
        ScoreTimewise = "score-timewise",
        Segno = "segno",
        Sf = "sf",
        Sffz = "sffz",
        Sfp = "sfp",
        Sfpp = "sfpp",
        Sfz = "sfz",
        Sfzp = "sfzp",
        Shake = "shake",
        Slash = "slash",
        Slide = "slide",
        SoftAccent = "soft-accent",
        Sound = "sound",
        Spiccato = "spiccato",
        Staccatissimo = "staccatissimo",
        Staccato = "staccato",
        Staff = "staff",
        Staves = "staves",
        Step = "step",
        Stress = "stress",
        StrongAccent = "strong-accent",
        Tenuto = "tenuto",
        Tie = "tie",
        Tied = "tied",
        Time = "time",
        Transpose = "transpose",
        Tremolo = "tremolo",
        TrillMark = "trill-mark",
        Turn = "turn",
        Unpitched = "unpitched",
        Unstress = "unstress",
        VerticalTurn = "vertical-turn",
        Voice = "voice",
        WavyLine = "wavy-line",
        Wedge = "wedge",
        Words = "words",
        Work = "work",
        WorkTitle = "work-title",
    }
}

names! {
    /// An attribute that is read, of whatever element.
    Attribute {
        Above = "above",
        AfterJump = "after-jump",
        Approach = "approach",
        Coda = "coda",
        DaCapo = "dacapo",
        DalSegno = "dalsegno",
        DamperPedal = "damper-pedal",
        Departure = "departure",
        Direction = "direction",
        Dynamics = "dynamics",
        Fine = "fine",
        ForwardRepeat = "forward-repeat",
        Id = "id",
        Location = "location",
        MakeTime = "make-time",
        Number = "number",
        Placement = "placement",
        PrintObject = "print-object",
        Segno = "segno",
        Slash = "slash",
        SostenutoPedal = "sostenuto-pedal",
        Sound = "sound",
        StealTimeFollowing = "steal-time-following",
        StealTimePrevious = "steal-time-previous",
        Tempo = "tempo",
        TimeOnly = "time-only",
        Times = "times",
        ToCoda = "tocoda",
        TrillStep = "trill-step",
        Type = "type",
    }
}

/// Places of a table of names: a power of two, three times as many as there are names.
const SLOTS: usize = 512;

/// Where the search for a name, which is not empty, begins.
const fn slot(name: &[u8]) -> usize {
    let length = name.len();
    let [first, middle, last] = [name[0] as u32, name[length / 2] as u32, name[length - 1] as u32];
    let mixed = first.wrapping_add(middle << 7).wrapping_add(last << 13).wrapping_add((length as u32) << 19);
    (mixed.wrapping_mul(0x9E37_79B1) >> 23) as usize
}

/// A hash table of names: the number of each, from 1, at its slot or the next that is free.
const fn slots(names: &[&str]) -> [u8; SLOTS] {
    assert!(names.len() < SLOTS / 3 && names.len() < u8::MAX as usize);
    let mut slots = [0; SLOTS];
    let mut number = 0;
    while number < names.len() {
        let mut at = slot(names[number].as_bytes());
        while slots[at] != 0 {
            at = (at + 1) % SLOTS;
        }
        number += 1;
        slots[at] = number as u8;
    }
    slots
}

/// The number of a name.
fn find(slots: &[u8; SLOTS], names: &[&str], name: &[u8]) -> Option<usize> {
    if name.is_empty() {
        return None;
    }
    let mut at = slot(name);
    loop {
        let number = usize::from(slots[at]).checked_sub(1)?;
        if names[number].as_bytes() == name {
            return Some(number);
        }
        at = (at + 1) % SLOTS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        for (tag, name) in Tag::ALL.iter().zip(Tag::NAMES) {
            assert_eq!(Tag::of(name.as_bytes()), Some(*tag));
            assert_eq!(Tag::of(format!("{name}x").as_bytes()), None);
        }
        for (attribute, name) in Attribute::ALL.iter().zip(Attribute::NAMES) {
            assert_eq!(Attribute::of(name.as_bytes()), Some(*attribute));
            assert_eq!(Attribute::of(&name.as_bytes()[1..]), None, "{name}");
        }
        for name in ["", "beam", "stem", "type", "lyric", "Note", "a", "é"] {
            assert_eq!(Tag::of(name.as_bytes()), None);
        }
    }
}

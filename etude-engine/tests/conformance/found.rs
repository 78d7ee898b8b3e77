//! What the import made of a case, in the words of its `.tsv` file.

use etude_engine::score::freedom::{Freedom, GraceKind, RollDirection, Sign};
use etude_engine::score::marks::{Articulations, Dynamic, MarkKind};
use etude_engine::score::{Hand, NoteIndex, Ornaments, Score};
use etude_engine::units::Ticks;

pub const COLUMNS_REQUIRED: [&str; 11] =
    ["xml_id", "pass", "onset_q", "dur_q", "pitch", "voice", "staff", "grace", "orn", "measure", "freedom"];
pub const COLUMNS: [&str; 13] = [
    "xml_id", "pass", "onset_q", "dur_q", "pitch", "voice", "staff", "grace", "orn", "measure", "freedom",
    "hand", "touch",
];

/// One note, with the columns that are asked for.
pub fn row(score: &Score, index: usize, columns: &[String]) -> Vec<String> {
    let note = score.note(NoteIndex(index as u32));
    let cell = |column: &String| match column.as_str() {
        "xml_id" => note.id.xml_id.to_string(),
        "pass" => note.id.pass.to_string(),
        "onset_q" => quarters(score, note.onset),
        "dur_q" => quarters(score, note.duration),
        "pitch" => note.pitch.number().to_string(),
        "voice" => note.voice.to_string(),
        "staff" => note.staff.to_string(),
        "grace" => u8::from(note.grace).to_string(),
        "orn" => ornaments(note.ornaments),
        "measure" => score.measures()[note.measure as usize].number.clone(),
        "freedom" => freedom(score, note.freedom),
        "hand" => if note.hand == Hand::Right { "R" } else { "L" }.to_owned(),
        "touch" => touch(note.articulations),
        other => panic!("no column {other:?}"),
    };
    columns.iter().map(cell).collect()
}

/// Tempo changes as "place=microseconds of a quarter".
pub fn tempo(score: &Score) -> String {
    let change = |change: &etude_engine::score::TempoChange| {
        format!("{}={}", quarters(score, change.at), change.micros_per_quarter)
    };
    score.tempo().changes().iter().map(change).collect::<Vec<_>>().join(" ")
}

/// Marks of expression as "place/staff=kind".
pub fn marks(score: &Score) -> String {
    let mark = |mark: &etude_engine::score::Mark| {
        format!("{}/{}={}", quarters(score, mark.at), mark.staff, kind(mark.kind))
    };
    score.marks().iter().map(mark).collect::<Vec<_>>().join(" ")
}

/// The measures as played, as "number-pass".
pub fn order(score: &Score) -> String {
    let measures = score.measures().iter();
    measures.map(|measure| format!("{}-{}", measure.number, measure.pass)).collect::<Vec<_>>().join(" ")
}

/// A number such as "1.5", "-1" or "1/3" in lowest terms.
pub fn exact(text: &str) -> String {
    let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
    let (whole, part) = numerator.split_once('.').unwrap_or((numerator, ""));
    let places = u32::try_from(part.len()).unwrap();
    let number: i64 = format!("{whole}{part}").parse().unwrap_or_else(|_| panic!("{text:?} is no number"));
    fraction(number, 10_i64.pow(places) * denominator.parse::<i64>().unwrap())
}

fn quarters(score: &Score, ticks: Ticks) -> String {
    fraction(ticks.0, i64::from(score.ticks_per_quarter()))
}

fn fraction(numerator: i64, denominator: i64) -> String {
    let (mut a, mut b) = (numerator.abs(), denominator);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let a = a.max(1);
    match denominator / a {
        1 => (numerator / a).to_string(),
        denominator => format!("{}/{denominator}", numerator / a),
    }
}

fn ornaments(signs: Ornaments) -> String {
    let names = [
        (Ornaments::TRILL, "trill"),
        (Ornaments::TURN, "turn"),
        (Ornaments::MORDENT, "mordent"),
        (Ornaments::TREMOLO, "tremolo"),
        (Ornaments::ARPEGGIO, "arpeggio"),
        (Ornaments::GLISSANDO, "glissando"),
    ];
    listed(names.iter().filter(|(sign, _)| signs.intersects(*sign)).map(|(_, name)| (*name).to_owned()), ",")
}

fn touch(signs: Articulations) -> String {
    use Articulations as A;
    let names = [
        (A::STACCATO, "staccato"),
        (A::STACCATISSIMO, "staccatissimo"),
        (A::TENUTO, "tenuto"),
        (A::PORTATO, "portato"),
        (A::ACCENT, "accent"),
        (A::MARCATO, "marcato"),
        (A::STRESS, "stress"),
        (A::UNSTRESS, "unstress"),
        (A::FERMATA, "fermata"),
        (A::BREATH, "breath"),
        (A::LET_RING, "let-ring"),
    ];
    listed(names.iter().filter(|(sign, _)| signs.intersects(*sign)).map(|(_, name)| (*name).to_owned()), ",")
}

/// "optional slashed:1 roll:up:0 trill:60+62:4".
fn freedom(score: &Score, freedom: &Freedom) -> String {
    let optional = freedom.optional.then(|| "optional".to_owned());
    let grace = freedom.grace.map(|grace| {
        let kind = match grace.kind {
            GraceKind::Slashed => "slashed",
            GraceKind::Unslashed => "unslashed",
            GraceKind::After => "after",
        };
        format!("{kind}:{}", grace.place)
    });
    let roll = freedom.roll.map(|roll| {
        let direction = match roll.direction {
            RollDirection::Either => "either",
            RollDirection::Up => "up",
            RollDirection::Down => "down",
            RollDirection::Together => "together",
        };
        format!("roll:{direction}:{}", roll.group)
    });
    let ornament = freedom.ornament.as_ref().map(|ornament| {
        let keys: Vec<String> = ornament.keys.keys().map(|key| key.number().to_string()).collect();
        format!("{}:{}:{}", sign(ornament.sign), keys.join("+"), quarters(score, ornament.until))
    });
    listed([optional, grace, roll, ornament].into_iter().flatten(), " ")
}

fn sign(sign: Sign) -> &'static str {
    match sign {
        Sign::Trill => "trill",
        Sign::DoubleTremolo => "double-tremolo",
        Sign::Tremolo => "tremolo",
        Sign::Glissando => "glissando",
        Sign::Turn => "turn",
        Sign::InvertedTurn => "inverted-turn",
        Sign::DelayedTurn => "delayed-turn",
        Sign::DelayedInvertedTurn => "delayed-inverted-turn",
        Sign::Mordent => "mordent",
        Sign::InvertedMordent => "inverted-mordent",
        Sign::Schleifer => "schleifer",
        Sign::Haydn => "haydn",
        Sign::Other => "other",
    }
}

fn kind(kind: MarkKind) -> String {
    let name = match kind {
        MarkKind::Dynamic(dynamic) => return dynamic_name(dynamic),
        MarkKind::Crescendo => "crescendo",
        MarkKind::Diminuendo => "diminuendo",
        MarkKind::HairpinEnd => "hairpin-end",
        MarkKind::PedalDown => "pedal-down",
        MarkKind::PedalChange => "pedal-change",
        MarkKind::PedalUp => "pedal-up",
        MarkKind::SostenutoDown => "sostenuto-down",
        MarkKind::SostenutoUp => "sostenuto-up",
        MarkKind::Fermata => "fermata",
        MarkKind::Breath => "breath",
        MarkKind::Caesura => "caesura",
    };
    name.to_owned()
}

fn dynamic_name(dynamic: Dynamic) -> String {
    match dynamic {
        Dynamic::Pp(count) => "p".repeat(usize::from(count)),
        Dynamic::P => "p".to_owned(),
        Dynamic::Mp => "mp".to_owned(),
        Dynamic::Mf => "mf".to_owned(),
        Dynamic::F => "f".to_owned(),
        Dynamic::Ff(count) => "f".repeat(usize::from(count)),
        Dynamic::Sforzato => "sforzato".to_owned(),
        Dynamic::Fortepiano => "fortepiano".to_owned(),
        Dynamic::Niente => "niente".to_owned(),
    }
}

fn listed(items: impl Iterator<Item = String>, between: &str) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "-".to_owned() } else { items.join(between) }
}

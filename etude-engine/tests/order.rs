//! The performed order and its edges, on pages written as one line.
//!
//! A page is a row of measures, each a letter, with signs between them: `|:` and `:|` (`:|3` for three times, `:|+` for
//! one that is played after a D.C. too), `[1,2` and `]` around a volta, `@segno` before the measure it stands in,
//! `!dc` after it. Signs may have a name, as `!ds=b`, and passes, as `!tocoda#2`.
#![allow(missing_docs)]

use etude_engine::score::order::{Order, performed_order};
use etude_engine::score::sign::{Return, Sign, SignKind, Until};
use etude_engine::score::times::Times;
use etude_engine::score::written::{RepeatEnd, WrittenMeasure};
use etude_engine::score::{Edge, EdgeKind};

fn page(text: &str) -> Vec<WrittenMeasure> {
    let mut measures: Vec<WrittenMeasure> = Vec::new();
    let mut next = WrittenMeasure::default();
    let mut volta = Times::ANY;
    for token in text.split_whitespace() {
        if token == "|:" {
            next.repeat_start = true;
        } else if let Some(end) = token.strip_prefix(":|") {
            let times = end.parse().ok();
            measures.last_mut().unwrap().repeat_end = Some(RepeatEnd { times, after_jump: end == "+" });
        } else if let Some(numbers) = token.strip_prefix('[') {
            volta = numbers.split(',').map(|number| number.parse::<u16>().unwrap()).collect();
            next.volta_start = true;
        } else if token == "]" {
            volta = Times::ANY;
        } else if let Some(name) = token.strip_prefix('@') {
            next.signs.push(sign(name));
        } else if let Some(name) = token.strip_prefix('!') {
            measures.last_mut().unwrap().signs.push(sign(name));
        } else {
            next.volta = volta;
            next.number = token.to_owned();
            measures.push(std::mem::take(&mut next));
        }
    }
    measures
}

fn sign(text: &str) -> Sign {
    let (text, pass) = text.split_once('#').map_or((text, None), |(text, pass)| (text, pass.parse().ok()));
    let (kind, name) = text.split_once('=').map_or((text, None), |(kind, name)| (kind, Some(name.into())));
    let how = |until| Return { until, repeats: false };
    let kind = match kind {
        "segno" => SignKind::Segno,
        "coda" => SignKind::Coda,
        "tocoda" => SignKind::ToCoda,
        "fine" => SignKind::Fine,
        "trio" => SignKind::Trio,
        "dc" => SignKind::DaCapo(how(Until::Any)),
        "dc-fine" => SignKind::DaCapo(how(Until::Fine)),
        "dc-coda" => SignKind::DaCapo(how(Until::Coda)),
        "dc-fine-coda" => SignKind::DaCapo(how(Until::FineThenCoda)),
        "dc-repeats" => SignKind::DaCapo(Return { until: Until::Any, repeats: true }),
        "ds" => SignKind::DalSegno(how(Until::Any)),
        "ds-fine" => SignKind::DalSegno(how(Until::Fine)),
        "ds-coda" => SignKind::DalSegno(how(Until::Coda)),
        _ => panic!("no sign {kind:?}"),
    };
    Sign { kind, name, times: pass.into_iter().collect(), at_end: false }
}

fn walk(text: &str) -> (Vec<WrittenMeasure>, Order) {
    let measures = page(text);
    let order = performed_order(&measures).unwrap();
    (measures, order)
}

/// The letters in performed order; the page must give no reason for a warning.
#[track_caller]
fn played(text: &str, expected: &str) {
    let (measures, order) = walk(text);
    let letters: Vec<&str> = order.visits.iter().map(|visit| &*measures[visit.written].number).collect();
    assert_eq!(letters.join(" "), expected, "{text}");
    assert_eq!(order.warnings, [], "{text}");
}

/// As `played`, with just the given warnings, each as a measure and a part of its reason.
#[track_caller]
fn warned(text: &str, expected: &str, warnings: &[(&str, &str)]) {
    let (measures, order) = walk(text);
    let letters: Vec<&str> = order.visits.iter().map(|visit| &*measures[visit.written].number).collect();
    assert_eq!(letters.join(" "), expected, "{text}");
    let given: Vec<(&str, &str)> =
        order.warnings.iter().map(|it| (it.measure.as_deref().unwrap_or("-"), &*it.reason)).collect();
    let alike = given.len() == warnings.len()
        && given
            .iter()
            .zip(warnings)
            .all(|(given, wanted)| given.0 == wanted.0 && given.1.contains(wanted.1));
    assert!(alike, "{text}: {given:?}");
}

/// The edges as `from>to kind`, in numbers of the performed order from 0.
#[track_caller]
fn edges(text: &str, expected: &str) {
    let (_, order) = walk(text);
    let told = order.edges.iter().map(|&Edge { from, to, kind }| {
        let to = to.map_or("end".to_owned(), |to| to.to_string());
        let kind = match kind {
            EdgeKind::RepeatSkipped => "skip",
            EdgeKind::RepeatAdded => "add",
            EdgeKind::JumpSkipped => "stay",
            EdgeKind::JumpEarly => "early",
        };
        format!("{from}>{to} {kind}")
    });
    assert_eq!(told.collect::<Vec<_>>().join(", "), expected, "{text}");
}

#[test]
fn repeats() {
    played("a b c", "a b c");
    played("|: a b :| c", "a b a b c");
    played("a b :| c :| d", "a b a b c c d");
    played("|: a :|3 b", "a a a b");
    played("a |: b :| |: c :| d", "a b b c c d");
    played("|: a :| b |: c :| d :| e", "a a b c c d d e");
    warned("|: a |: b :| c :| d", "a b b c a b b c d", &[("c", "inside a repeat")]);
    warned("|: a |: b :| c", "a b b c", &[("a", "ends nowhere")]);
}

#[test]
fn voltas() {
    played("|: a [1 b :| ] [2 c ] d", "a b a c d");
    played("|: a [1 b c :| ] [2 d e ] f", "a b c a d e f");
    played("|: a [1,2 b :| ] [3 c ] d", "a b a b a c d");
    played("|: a [1,3 b :| ] [2,4 c :| ] d", "a b a c a b a c d");
    played("|: a [1 b :| ] [2 c :| ] [3 d ] e", "a b a c a d e");
    played("|: a [1 b :| ] c", "a b a c");
    played("|: a [1,2 b :| ] c", "a b a b a c");
    played("|: a :| [2 b ] c", "a a b c");
    // The bracket is drawn over the first measure of its ending only.
    played("|: a [1 b ] c :| [2 d ] e", "a b c a d e");
    // The second ending begins the next passage.
    played("|: a [1 b :| ] [2 |: c ] d :| e", "a b a c d c d e");
    played("|: a [1 b :| ] [2 c ] d [1 e :| ] [2 f ]", "a b a c d e d f");
    warned("|: a [1 b :| ] [3 c ] d", "a b a b a c d", &[("b", "time 2")]);
    warned("|: a [1 b ] [2 c ] d", "a b a c d", &[("b", "no repeat sign")]);
    warned("a [1 b ] c", "a b c", &[("b", "nothing is repeated")]);
}

#[test]
fn jumps() {
    played("a b !fine c !dc", "a b c a b");
    played("|: a :| |: b !fine :| c !dc", "a a b b c a b");
    played("a @segno b c !fine d !ds-fine", "a b c d b c");
    played("a @segno b !tocoda c !ds-coda @coda d", "a b c b d");
    played("a b !tocoda c !dc-coda @coda d |: e :|", "a b c a b d e e");
    // The sign alone, twice: one leaves at the first.
    played("a b !coda c !dc @coda d", "a b c a b d");
    // A second pair of signs, by name and without.
    played(
        "@segno=x a !tocoda=k b !ds=x @coda=k c @segno=y d !tocoda=l e !ds=y @coda=l f",
        "a b a c d e d f",
    );
    played("@segno a !tocoda b !tocoda c !ds-coda @coda d !ds-coda @coda e", "a b c a d a b e");
    played("a b !fine c !dc-fine-coda @coda d", "a b c a b d");
    // "al Coda" passes over the Fine, "al Fine" over "To Coda".
    played("a !fine b !tocoda c !dc-coda @coda d", "a b c a b d");
    warned("a !tocoda b !fine c !dc-fine @coda d", "a b c a b", &[("d", "not played")]);
    played("a b !dc c", "a b a b c");
    played("a [1 b !dc ] [2 c ]", "a b a c");
    played("a !dc#2 b !dc#1 c", "a b a a b c");
    warned("a !ds b", "a b", &[("a", "no segno")]);
    warned("a !tocoda b !dc", "a b a b", &[("a", "no coda")]);
    warned("a !tocoda b", "a b", &[("a", "no D.C.")]);
    warned("a !fine b", "a b", &[("a", "no D.C.")]);
    warned("a b !dc-fine", "a b a b", &[("b", "no Fine")]);
    warned("a b !dc-coda @coda c", "a b a b c", &[("b", "nowhere \"To Coda\"")]);
    warned("a |: b :| @trio c !dc", "a b b c a b", &[("b", "before the trio")]);
    warned("a !fine b !dc c", "a b a", &[("c", "not played")]);
}

#[test]
fn repeats_after_a_jump() {
    played("|: a [1 b :| ] [2 c ] !fine d !dc", "a b a c d a c");
    played("|: a :|+ |: b :| c !dc", "a a b b c a a b c");
    played("|: a [1 b :|+ ] [2 c ] d !dc", "a b a c d a b a c d");
    played("|: a :| b !dc-repeats", "a a b a a b");
}

#[test]
fn repeats_may_be_skipped_or_added() {
    edges("a b c", "");
    // a b a b c: after the first b on to c; after the second b back to a.
    edges("|: a b :| c", "1>4 skip, 3>2 add");
    edges("|: a :|3 b", "0>3 skip, 1>3 skip, 2>2 add");
    // At the end of the piece one stops.
    edges("a |: b :|", "1>end skip, 2>2 add");
    // a b a c d: the second ending at once, or after the first; the first ending again.
    edges("|: a [1 b :| ] [2 c ] d", "0>3 skip, 1>3 skip, 2>1 add");
    // a b a b a c d
    edges("|: a [1,2 b :| ] [3 c ] d", "0>5 skip, 1>5 skip, 2>5 skip, 3>5 skip, 4>3 add");
}

#[test]
fn jumps_may_be_skipped_or_made_early() {
    // a b c a b: at the Fine one may stop the first time, and go on the second.
    edges("a b !fine c !dc", "1>end early, 2>end stay, 4>2 stay");
    // a b c a b d: past the D.C. to the coda; past "To Coda"; to the coda the first time.
    edges("a b !tocoda c !dc-coda @coda d", "1>5 early, 2>5 stay, 4>2 stay");
    // a a b a: after the D.C. the repeat as written.
    edges("|: a :| !fine b !dc", "0>2 skip, 1>1 add, 1>end early, 2>end stay, 3>2 stay, 3>3 add");
}

#[test]
fn any_page_has_an_order_that_ends() {
    let mut random = fastrand::Rng::with_seed(7);
    let signs = [
        "@segno",
        "@segno=x",
        "@coda",
        "@coda=x",
        "@trio",
        "!fine",
        "!tocoda",
        "!tocoda=x",
        "!dc",
        "!dc-fine",
        "!dc-coda#2",
        "!dc-fine-coda",
        "!dc-repeats",
        "!ds",
        "!ds=x",
        "!ds-coda",
        "!ds-fine#3",
        "|:",
        "|:",
        "[1",
        "[2",
        "[1,3",
        "]",
    ];
    for _ in 0..20_000 {
        let mut text = String::new();
        for letter in 'a'..(b'b' + random.u8(..10)) as char {
            for sign in signs.iter().filter(|sign| !sign.starts_with('!')) {
                if random.u8(..12) == 0 {
                    text += &format!("{sign} ");
                }
            }
            text.push(letter);
            text.push(' ');
            for sign in signs.iter().filter(|sign| sign.starts_with('!')).chain(&[":|", ":|", ":|3", ":|+"]) {
                if random.u8(..12) == 0 {
                    text += &format!("{sign} ");
                }
            }
        }
        let (measures, order) = walk(&text);
        let mut passes = vec![0; measures.len()];
        for visit in &order.visits {
            passes[visit.written] += 1;
            assert_eq!(visit.pass, passes[visit.written], "{text}");
        }
        for (measure, passes) in measures.iter().zip(passes) {
            let told = order.warnings.iter().any(|it| {
                it.measure.as_deref() == Some(&*measure.number) && it.reason.contains("not played")
            });
            assert_eq!(told, passes == 0, "{text}: {}", measure.number);
        }
        let length = order.visits.len() as u32;
        for edge in &order.edges {
            assert!(edge.from < length && edge.to.is_none_or(|to| to < length), "{text}: {edge:?}");
            assert_ne!(edge.to, Some(edge.from + 1), "{text}: {edge:?}");
        }
        assert!(order.edges.len() <= 4 * order.visits.len(), "{text}: {} edges", order.edges.len());
    }
}

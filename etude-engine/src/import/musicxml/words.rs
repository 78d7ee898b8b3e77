//! What the words beside the music say about the order in which it is played.

use crate::score::sign::{Return, SignKind, Until};

/// The signs as words, as notation programs write them into texts: Unicode, and the music fonts' private area.
const GLYPHS: [(char, &str); 4] =
    [('\u{1D10B}', " segno "), ('\u{1D10C}', " coda "), ('\u{E047}', " segno "), ('\u{E048}', " coda ")];

/// "Da capo" in the languages in which editors write it.
const DA_CAPO: [&[&str]; 11] = [
    &["dc"],
    &["dacapo"],
    &["da", "capo"],
    &["von", "vorn"],
    &["von", "vorne"],
    &["vom", "anfang"],
    &["von", "anfang"],
    &["au", "début"],
    &["au", "debut"],
    &["desde", "el", "principio"],
    &["from", "the", "beginning"],
];
/// "Dal segno".
const DAL_SEGNO: [&[&str]; 12] = [
    &["ds"],
    &["dalsegno"],
    &["dal", "segno"],
    &["del", "segno"],
    &["dall", "segno"],
    &["vom", "zeichen"],
    &["vom", "segno"],
    &["au", "signe"],
    &["du", "signe"],
    &["from", "the", "sign"],
    &["desde", "el", "signo"],
    &["desde", "la", "señal"],
];
/// What stands before "coda" where one leaves for it.
const TO: [&str; 12] = ["to", "al", "alla", "a", "à", "zur", "zum", "vers", "auf", "into", "double", "la"];
/// What stands before "coda" where the Fine leads to it.
const THEN: [&str; 7] = ["poi", "then", "dann", "puis", "luego", "e", "und"];
const WITHOUT: [&str; 7] = ["senza", "ohne", "sans", "without", "no", "sin", "keine"];
const WITH: [&str; 7] = ["con", "mit", "avec", "with", "play", "coi", "colle"];
/// How the words for repeats begin.
const REPEATS: [&str; 8] = ["repet", "ripet", "replic", "ritornell", "repris", "wiederhol", "repeat", "rep"];

/// The sign that a text stands for, if it does. Signs drawn between the words are part of the text, as "segno" and
/// "coda".
pub(super) fn sign(text: &str) -> Option<SignKind> {
    let words = words(text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let first = *words.first()?;
    // A movement may be named first: "Menuetto da capo". A remark about a da capo is none.
    let head = &words[..words.len().min(4)];
    let begins = |phrases: &[&[&str]]| {
        let place = |phrase: &&[&str]| head.windows(phrase.len()).position(|window| window == *phrase);
        phrases.iter().any(|phrase| {
            place(phrase).is_some_and(|at| !matches!(head[..at].last(), Some(&("il" | "the" | "le" | "das"))))
        })
    };
    if begins(&DA_CAPO) {
        return Some(SignKind::DaCapo(how(&words)));
    }
    if begins(&DAL_SEGNO) {
        return Some(SignKind::DalSegno(how(&words)));
    }
    let coda = words.iter().position(|word| *word == "coda");
    match first {
        "fine" | "fin" | "ende" if words.len() <= 2 => Some(SignKind::Fine),
        "segno" => Some(SignKind::Segno),
        "trio" => Some(SignKind::Trio),
        "coda" => Some(SignKind::Coda),
        _ if words.len() <= 6 && coda.is_some_and(|at| TO.contains(&words[at - 1])) => Some(SignKind::ToCoda),
        _ => None,
    }
}

fn how(words: &[&str]) -> Return {
    let fine = words.iter().any(|word| matches!(*word, "fine" | "fin" | "ende" | "fino"));
    let coda = words.iter().position(|word| *word == "coda");
    let then = coda.is_some_and(|at| words[..at].iter().any(|word| THEN.contains(word)));
    let until = match (fine, coda) {
        (true, Some(_)) if then => Until::FineThenCoda,
        (true, None) => Until::Fine,
        (false, Some(_)) => Until::Coda,
        _ => Until::Any,
    };
    let of_repeats = words.iter().any(|word| REPEATS.iter().any(|head| word.starts_with(head)));
    let says = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let repeats = of_repeats && says(&WITH) && !says(&WITHOUT);
    Return { until, repeats }
}

/// Lower case, without punctuation; "D. C." and "D.C." are one word "dc".
fn words(text: &str) -> Vec<String> {
    /// No instruction is longer.
    const CHARS_MAX: usize = 200;
    let mut plain = String::new();
    for c in text.chars().take(CHARS_MAX) {
        match GLYPHS.iter().find(|(glyph, _)| *glyph == c) {
            Some((_, name)) => plain.push_str(name),
            None if c.is_alphanumeric() => plain.extend(c.to_lowercase()),
            None => plain.push(' '),
        }
    }
    let mut words: Vec<String> = Vec::new();
    for word in plain.split_whitespace() {
        match words.last_mut() {
            Some(last) if last == "d" && matches!(word, "c" | "s") => last.push_str(word),
            _ => words.push(word.to_owned()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn understands_what_editors_write() {
        let back = |until, repeats| SignKind::DaCapo(Return { until, repeats });
        let sign_back = |until, repeats| SignKind::DalSegno(Return { until, repeats });
        for (text, kind) in [
            ("D.C.", back(Until::Any, false)),
            ("D. C. al Fine", back(Until::Fine, false)),
            ("D.C.al Coda", back(Until::Coda, false)),
            ("Menuetto da Capo senza replica", back(Until::Any, false)),
            ("D.C. con ripetizione", back(Until::Any, true)),
            ("D.C. al Fine, e poi la Coda", back(Until::FineThenCoda, false)),
            ("Von vorn bis Fine, mit Wiederholungen", back(Until::Fine, true)),
            ("D.S. al \u{1D10C}", sign_back(Until::Coda, false)),
            ("Dal segno al fine", sign_back(Until::Fine, false)),
            ("Vom Zeichen bis zum Fine", sign_back(Until::Fine, false)),
            ("Fine", SignKind::Fine),
            ("(FINE)", SignKind::Fine),
            ("To Coda", SignKind::ToCoda),
            ("al \u{E048}", SignKind::ToCoda),
            ("Zur Coda", SignKind::ToCoda),
            ("CODA. Presto", SignKind::Coda),
            ("Trio I", SignKind::Trio),
        ] {
            assert_eq!(sign(text), Some(kind), "{text}");
        }
        for text in [
            "",
            "Fine e marcato",
            "dolce",
            "il da capo piano",
            "senza repliche",
            "finale",
            "a tempo",
            "col segno",
        ] {
            assert_eq!(sign(text), None, "{text}");
        }
    }
}

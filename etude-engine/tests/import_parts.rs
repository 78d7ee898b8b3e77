//! Choosing the parts of a MusicXML file, and what is told of them.
#![allow(missing_docs)]

use etude_engine::import::{self, ImportError, Imported, Options, PartChoice, PartKey};

/// Flute, voice and a piano of two staves that crosses them; each part plays its own octave.
fn file() -> String {
    let names = [("F", "Flute"), ("V", "Voice"), ("K", "Klavier")];
    let list: String = names
        .map(|(id, name)| format!("<score-part id='{id}'><part-name>{name}</part-name></score-part>"))
        .concat();
    let note = |octave: u8, staff: u8| {
        format!(
            "<note><pitch><step>C</step><octave>{octave}</octave></pitch><duration>1</duration>\
             <voice>1</voice><staff>{staff}</staff></note>"
        )
    };
    let part = |id: &str, notes: &str| {
        let attributes = "<attributes><divisions>1</divisions></attributes>";
        format!("<part id='{id}'><measure number='1'>{attributes}{notes}</measure></part>")
    };
    let piano = [note(4, 1), note(3, 2)].concat();
    let parts = [part("F", &note(6, 1)), part("V", &note(5, 1)), part("K", &piano)].concat();
    format!("<score-partwise><part-list>{list}</part-list>{parts}</score-partwise>")
}

fn import(parts: PartChoice) -> Result<Imported, ImportError> {
    import::score_with(file().as_bytes(), &Options { parts, ..Options::default() })
}

fn pitches(imported: &Imported) -> Vec<u8> {
    imported.score.notes().iter().map(|note| note.pitch.number()).collect()
}

#[test]
fn all_parts_are_told() {
    let imported = import(PartChoice::Piano).unwrap();
    let told: Vec<_> = imported
        .parts
        .iter()
        .map(|part| {
            let name = part.name.as_deref().unwrap_or("");
            (&*part.id, name, part.staves, part.notes, part.crossing, part.keyboard, part.chosen)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("F", "Flute", 1, 1, 0, false, false),
            ("V", "Voice", 1, 1, 0, false, false),
            ("K", "Klavier", 2, 2, 1, true, true),
        ]
    );
    assert_eq!(pitches(&imported), [60, 48]);
}

#[test]
fn parts_are_chosen_by_id_name_and_place() {
    let one = |key| pitches(&import(PartChoice::These(vec![key])).unwrap());
    assert_eq!(one(PartKey::Id("V".into())), [72]);
    assert_eq!(one(PartKey::Name(" flute".into())), [84]);
    assert_eq!(one(PartKey::Index(1)), [72]);
    let two = import(PartChoice::These(vec![PartKey::Index(1), PartKey::Id("F".into())])).unwrap();
    assert_eq!(pitches(&two), [72, 84]);
    let chosen: Vec<bool> = two.parts.iter().map(|part| part.chosen).collect();
    assert_eq!(chosen, [true, true, false]);
    let all = import(PartChoice::All).unwrap();
    assert_eq!((pitches(&all), &all.warnings[..]), (vec![60, 72, 84, 48], &[][..]));
}

#[test]
fn a_part_that_is_not_there_is_an_error() {
    let error = import(PartChoice::These(vec![PartKey::Name("Oboe".into())])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no part called \"Oboe\"; the file has \"Flute\", \"Voice\", \"Klavier\""
    );
    assert!(matches!(import(PartChoice::These(Vec::new())), Err(ImportError::NoNotes)));
}

//! Damaged and hostile files: an error or less music, never a panic, never unbounded memory.
#![allow(missing_docs)]

use std::io::Write as _;

use etude_engine::import::{self, ImportError, Limits, Options};
use etude_engine::units::Ticks;
use proptest::prelude::*;

const SCORE: &str = "<?xml version='1.0' encoding='UTF-8'?>\n\
<!DOCTYPE score-partwise PUBLIC '-//Recordare//DTD MusicXML 3.1 Partwise//EN' 'http://www.musicxml.org/dtds/partwise.dtd'>\n\
<score-partwise version='3.1'><work><work-title>Pr\u{e9}lude</work-title></work>\
<part-list><score-part id='P1'><part-name>Piano</part-name></score-part></part-list><part id='P1'>\
<measure number='0' implicit='yes'><attributes><divisions>6</divisions><time><beats>3</beats><beat-type>4</beat-type>\
</time><staves>2</staves></attributes><direction><sound tempo='72'/></direction>\
<note id='a'><pitch><step>E</step><alter>-1</alter><octave>4</octave></pitch><duration>6</duration><voice>1</voice>\
<staff>1</staff><tie type='start'/></note></measure>\
<measure number='1'><barline location='left'><repeat direction='forward'/></barline>\
<note><grace/><pitch><step>D</step><octave>5</octave></pitch><voice>1</voice></note>\
<note><pitch><step>E</step><alter>-1</alter><octave>4</octave></pitch><duration>18</duration><tie type='stop'/>\
<notations><ornaments><trill-mark/></ornaments></notations></note>\
<note><chord/><pitch><step>G</step><octave>4</octave></pitch><duration>18</duration></note>\
<backup><duration>18</duration></backup><forward><duration>4</duration></forward>\
<note><rest/><duration>2</duration><staff>2</staff></note>\
<note><pitch><step>C</step><octave>3</octave></pitch><duration>12</duration><staff>2</staff></note></measure>\
<measure number='2'><barline location='left'><ending number='1' type='start'/></barline>\
<note><pitch><step>C</step><octave>4</octave></pitch><duration>18</duration></note>\
<barline location='right'><ending number='1' type='stop'/><repeat direction='backward'/></barline></measure>\
<measure number='3'><barline location='left'><ending number='2' type='start'/></barline>\
<attributes><divisions>4</divisions></attributes><direction><direction-type><words>D.C.</words></direction-type></direction>\
<note><pitch><step>C</step><octave>4</octave></pitch><duration>12</duration></note></measure></part></score-partwise>";

/// Two tracks, tempo, pedal, running status.
fn midi() -> Vec<u8> {
    let tracks: [&[u8]; 2] = [
        &[0, 0xFF, 0x51, 3, 0x07, 0xA1, 0x20, 0, 0xFF, 0x58, 4, 3, 2, 24, 8, 0, 0xFF, 0x2F, 0],
        &[
            0, 0xC0, 0, 0, 0x90, 60, 80, 96, 60, 0, 0, 0xB0, 64, 127, 0, 0x90, 64, 90, 0x60, 0x80, 64, 0, 0,
            0xFF, 0x2F, 0,
        ],
    ];
    let mut bytes = b"MThd\0\0\0\x06\0\x01\0\x02\0\x60".to_vec();
    for track in tracks {
        bytes.extend(b"MTrk");
        bytes.extend((track.len() as u32).to_be_bytes());
        bytes.extend(track);
    }
    bytes
}

fn mxl(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in files {
        archive.start_file(*name, options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

const CONTAINER: (&str, &[u8]) = (
    "META-INF/container.xml",
    b"<container><rootfiles><rootfile full-path='music/score.xml'/><rootfile full-path='a.pdf'/></rootfiles></container>",
);

#[test]
fn the_files_to_be_damaged_are_good() {
    let imported = import::score(SCORE.as_bytes()).unwrap();
    assert_eq!(imported.score.title(), Some("Pr\u{e9}lude"));
    let order: Vec<&str> = imported.score.measures().iter().map(|measure| &*measure.number).collect();
    assert_eq!(order, ["0", "1", "2", "1", "3", "0", "1", "3"]);
    assert!(import::score(&midi()).is_ok() && import::performance(&midi()).is_ok());
}

#[test]
fn a_zip_bomb_is_not_inflated() {
    let limit = Limits::default().inflated_bytes;
    let zeros = vec![b' '; limit + 1];
    let bomb = mxl(&[CONTAINER, ("music/score.xml", &zeros)]);
    assert!(bomb.len() < 1 << 20);
    let entry = "music/score.xml".to_owned();
    assert_eq!(import::score(&bomb).unwrap_err(), ImportError::InflatedTooLarge { entry, limit });
}

#[test]
fn a_file_too_large_is_not_looked_at() {
    let limit = Limits::default().file_bytes;
    let bytes = limit + 1;
    assert_eq!(import::score(&vec![b'<'; bytes]).unwrap_err(), ImportError::FileTooLarge { bytes, limit });
}

#[test]
fn entities_are_bounded_and_never_fetched() {
    let with = |entities: &str, title: &str| {
        let head = format!("<!DOCTYPE score-partwise [{entities}]><score-partwise>");
        SCORE[SCORE.find("<work>").unwrap()..]
            .replace("Pr\u{e9}lude", title)
            .replace("<work>", &format!("{head}<work>"))
    };
    let harmless = import::score(with("<!ENTITY op 'Opus 9'>", "&op;").as_bytes()).unwrap();
    assert_eq!(harmless.score.title(), Some("Opus 9"));
    let fetched = import::score(with("<!ENTITY x SYSTEM 'file:///etc/passwd'>", "&x;").as_bytes());
    assert!(matches!(fetched, Err(ImportError::Xml { .. })), "{fetched:?}");
    let laughs: String =
        (1..9).map(|i| format!("<!ENTITY e{i} '{}'>", format!("&e{};", i - 1).repeat(10))).collect();
    let nested = import::score(with(&format!("<!ENTITY e0 'ha'>{laughs}"), "&e8;").as_bytes());
    assert!(matches!(nested, Err(ImportError::Xml { .. })), "{nested:?}");
    let wide = with(&format!("<!ENTITY w '{}'>", "w".repeat(10_000)), &"&w;".repeat(10_000));
    assert_eq!(
        import::score(wide.as_bytes()).unwrap_err(),
        ImportError::EntityExpansion { limit: Limits::default().inflated_bytes }
    );
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let deep =
        format!("<score-partwise>{}{}</score-partwise>", "<x>".repeat(200_000), "</x>".repeat(200_000));
    assert_eq!(import::score(deep.as_bytes()).unwrap_err(), ImportError::NoNotes);
}

#[test]
fn what_would_cost_the_parser_its_time_is_refused_first() {
    let refused = |text: &str, part: &str| {
        let error = import::score(text.as_bytes()).unwrap_err();
        assert!(
            matches!(error, ImportError::XmlRefused { .. }) && error.to_string().contains(part),
            "{error}"
        );
    };
    let attributes: String = (0..129).map(|i| format!(" a{i}='>'")).collect();
    refused(
        // The instruction has the tree parser asked.
        &format!("<score-partwise>\n<x{attributes}/><?a?></score-partwise>"),
        "line 2: a tag has more than 128",
    );
    let spaces: String = (0..257).map(|i| format!("<a xmlns:n{i}='u'>")).collect();
    refused(&spaces, "256 namespaces");
    // As many are read, and signs in values and texts are none.
    let attributes: String = (0..128).map(|i| format!(" a{i}='===='")).collect();
    let odd = SCORE.replace("<work>", &format!("<work><?a?><x{attributes}>{}</x>", "=".repeat(1_000)));
    assert_eq!(import::score(odd.as_bytes()).unwrap().score, import::score(SCORE.as_bytes()).unwrap().score);
}

#[test]
fn absurd_numbers_are_errors_or_warnings() {
    let note = |pitch: &str, duration: &str| {
        format!("<note><pitch>{pitch}</pitch><duration>{duration}</duration></note>")
    };
    let file = |divisions: &str, more: &str| {
        let good = note("<step>C</step><octave>4</octave>", "1");
        format!(
            "<score-partwise><part><measure number='7'><attributes><divisions>{divisions}</divisions></attributes>{more}{good}\
             </measure></part></score-partwise>"
        )
    };
    for divisions in ["0", "-1", "0.00001", "NaN", "1e308", "9223372036854775808", "", "４"] {
        let error = import::score(file(divisions, "").as_bytes()).unwrap_err();
        assert!(
            matches!(&error, ImportError::Field { field: "divisions", measure, .. } if measure == "7"),
            "{error}"
        );
    }
    // Nothing is played where no key is told, and the rest is; each is told with its measure.
    let c4 = "<step>C</step><octave>4</octave>";
    let cases: [(String, usize); 12] = [
        (note(c4, "-4"), 2),
        (note(c4, "NaN"), 2),
        (note(c4, "1e308"), 2),
        (note(c4, "9223372036854775808"), 2),
        (note("<step>C</step><octave>99</octave>", "1"), 1),
        (note("<step>C</step><octave>-2</octave>", "1"), 1),
        (note("<step>H</step><octave>4</octave>", "1"), 1),
        (note("<step>C</step><octave>4</octave><alter>1e9</alter>", "1"), 1),
        (note("<step>C</step>", "1"), 1),
        (note("", "1"), 1),
        ("<backup><duration>99999</duration></backup>".to_owned(), 1),
        ("<backup><duration>-5</duration></backup>".to_owned(), 1),
    ];
    for (more, notes) in cases {
        let imported = import::score(file("1", &more).as_bytes()).unwrap();
        assert_eq!(imported.score.notes().len(), notes, "{more}");
        assert!(imported.warnings.iter().any(|warning| warning.measure.as_deref() == Some("7")), "{more}");
    }
    for tempo in ["NaN", "1e308", "-60", "0", "0.00001", "999999999", "9223372036854775808", "inf"] {
        let imported = import::score(file("1", &format!("<sound tempo='{tempo}'/>")).as_bytes()).unwrap();
        let micros = imported.score.tempo().micros_per_quarter_at(Ticks(0));
        assert!((60_000..=15_000_000).contains(&micros), "{tempo}: {micros}");
    }
    // A hundred thousand whole notes of the greatest length end beyond all times.
    let long = note(c4, "999999999").repeat(100_000);
    assert!(import::score(file("0.0001", &long).as_bytes()).is_err());
    let late = "<forward><duration>999999999</duration></forward>".repeat(2_000);
    assert!(import::score(file("0.0001", &late).as_bytes()).is_err());
}

#[test]
fn files_cut_off_anywhere_do_no_harm() {
    let archive = mxl(&[CONTAINER, ("music/score.xml", SCORE.as_bytes())]);
    for good in [SCORE.as_bytes(), &midi(), &archive] {
        for end in 0..good.len() {
            assert!(import::score(&good[..end]).is_err(), "{end} of {} bytes", good.len());
        }
    }
    // The bundled scores: MIDI files at every byte, the others at their first bytes and then at every 997th.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/scores");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let step = match path.extension().and_then(|name| name.to_str()) {
            Some("mid") => 1,
            Some("musicxml") => 997,
            _ => continue,
        };
        files += 1;
        let good = std::fs::read(&path).unwrap();
        // The closing tag may lack its line's end.
        let whole = good.trim_ascii_end().len();
        for end in (0..500.min(whole)).chain((500..whole).step_by(step)) {
            assert!(import::score(&good[..end]).is_err(), "{end} bytes of {}", path.display());
        }
    }
    assert_eq!(files, 7);
}

#[test]
fn what_the_fuzzer_found_stays_mended() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        read(&std::fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files > 0);
}

#[test]
fn a_score_whose_repeats_pass_the_limits_is_played_once_and_says_so() {
    let note = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration></note>";
    let attributes = "<attributes><divisions>1</divisions></attributes>";
    let sign = "<barline><repeat direction='backward' times='60000'/></barline>";
    let measure =
        |number: usize, more: &str| format!("<measure number='{number}'>{more}{note}{sign}</measure>");
    let body: String = (1..=1_000).map(|i| measure(i, if i == 1 { attributes } else { "" })).collect();
    let crowd = format!("<measure number='1'>{attributes}{}{sign}</measure>", note.repeat(20_000));
    for (body, measures, notes) in [(body, 1_000, 1_000), (crowd, 1, 20_000)] {
        let file = format!("<score-partwise><part>{body}</part></score-partwise>");
        let imported = import::score(file.as_bytes()).unwrap();
        assert_eq!(imported.score.measures().len(), measures);
        assert_eq!(imported.score.notes().len(), notes);
        let warnings: Vec<String> = imported.warnings.iter().map(ToString::to_string).collect();
        let said =
            |warning: &String| warning.starts_with("measure ") && warning.contains("played through once");
        assert!(warnings.iter().any(said), "{warnings:?}");
    }
}

#[test]
fn warnings_do_not_grow_with_the_file() {
    let measure =
        |i: usize| format!("<measure number='{i}'><note><unpitched/><duration>1</duration></note></measure>");
    let body: String = (1..=1_000).map(measure).collect();
    let note = "<measure><note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration></note></measure>";
    let imported =
        import::score(format!("<score-partwise><part>{body}{note}</part></score-partwise>").as_bytes());
    let warnings = imported.unwrap().warnings;
    assert_eq!(warnings.len(), Limits::default().warnings + 1);
    assert_eq!(warnings.last().unwrap().to_string(), "901 more warnings");
}

#[test]
fn each_limit_holds_and_may_be_chosen() {
    let archive = mxl(&[CONTAINER, ("music/score.xml", SCORE.as_bytes())]);
    let with = |limits: Limits| Options::from(limits);
    // At the limit all is well; one below, the error names the limit.
    type Case<'a> = (&'a [u8], usize, fn(usize) -> Limits);
    let cases: [Case<'_>; 8] = [
        (SCORE.as_bytes(), SCORE.len(), |n| Limits { file_bytes: n, ..Limits::default() }),
        (&archive, SCORE.len(), |n| Limits { inflated_bytes: n, ..Limits::default() }),
        (&archive, 2, |n| Limits { archive_entries: n, ..Limits::default() }),
        (SCORE.as_bytes(), 1, |n| Limits { parts: n, ..Limits::default() }),
        (SCORE.as_bytes(), 4, |n| Limits { measures: n, ..Limits::default() }),
        (SCORE.as_bytes(), 7, |n| Limits { notes: n, ..Limits::default() }),
        (&midi(), 10, |n| Limits { midi_events: n, ..Limits::default() }),
        (&midi(), 2, |n| Limits { notes: n, ..Limits::default() }),
    ];
    for (number, (file, enough, limits)) in cases.into_iter().enumerate() {
        let read = |n| import::score_with(file, &with(limits(n)));
        assert!(read(enough).is_ok(), "case {number}: {:?}", read(enough).unwrap_err());
        let error = read(enough - 1).unwrap_err();
        assert!(error.to_string().contains(&format!(" {}", enough - 1)), "case {number}: {error}");
    }
    let few = with(Limits { xml_nodes: 50, ..Limits::default() });
    let error = import::score_with(SCORE.as_bytes(), &few).unwrap_err();
    assert_eq!(error, ImportError::XmlTooLarge { limit: 50 });
}

/// A file with some bytes changed, some taken out or doubled, and perhaps its end cut off.
fn damaged(good: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let place = any::<prop::sample::Index>;
    let edits = prop::collection::vec((place(), any::<u8>(), 0..4_u8), 1..12);
    (edits, prop::option::of(place())).prop_map(move |(edits, cut)| {
        let mut bytes = good.clone();
        for (place, value, kind) in edits {
            let at = place.index(bytes.len());
            match kind {
                0 => bytes[at] = value,
                1 => bytes.insert(at, value),
                2 => drop(bytes.remove(at)),
                _ => {
                    let end = (at + usize::from(value)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
        bytes
    })
}

/// A score whose numbers are replaced by others, which keeps it well-formed.
fn renumbered() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![
        Just("0".to_owned()),
        Just("-1".to_owned()),
        Just("999999999999".to_owned()),
        Just("0.3333".to_owned()),
        Just("".to_owned()),
        (0..1_000_000_000_u32).prop_map(|n| n.to_string()),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), number), 1..8).prop_map(|edits| {
        let mut text = SCORE.to_owned();
        for (place, number) in edits {
            let digits: Vec<usize> = text
                .match_indices(|c: char| c.is_ascii_digit())
                .map(|(at, _)| at)
                .filter(|at| *at > 220)
                .collect();
            let at = *place.get(&digits);
            text.replace_range(at..=at, &number);
        }
        text.into_bytes()
    })
}

/// Everything is tried on everything: what a file is, is for the import to find out.
fn read(bytes: &[u8]) {
    if let Ok(imported) = import::score(bytes) {
        let score = &imported.score;
        let times =
            score.tempo().micros_of(score.notes().iter().map(|note| note.onset), score.ticks_per_quarter());
        assert!(times.is_sorted());
    }
    if let Ok(events) = import::performance(bytes) {
        assert!(events.is_sorted_by_key(|event| event.at));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: prop::test_runner::RngSeed::Fixed(2), failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn damaged_musicxml_does_no_harm(bytes in damaged(SCORE.as_bytes().to_vec())) {
        read(&bytes);
    }

    #[test]
    fn damaged_numbers_do_no_harm(bytes in renumbered()) {
        read(&bytes);
    }

    #[test]
    fn damaged_midi_does_no_harm(bytes in damaged(midi())) {
        read(&bytes);
    }

    #[test]
    fn damaged_archives_do_no_harm(bytes in damaged(mxl(&[CONTAINER, ("music/score.xml", SCORE.as_bytes())]))) {
        read(&bytes);
    }

    #[test]
    fn noise_does_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        read(&bytes);
    }
}

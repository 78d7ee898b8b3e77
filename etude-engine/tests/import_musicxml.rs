//! MusicXML to score, one feature a test, on scores small enough to check by eye.
#![allow(missing_docs)]

use etude_engine::import::{self, ImportError, Imported};
use etude_engine::score::{Hand, NoteIndex, Ornaments, Score, ScoreNote};

fn import(parts: &[&str]) -> Imported {
    let list: String = (1..=parts.len()).map(|i| format!("<score-part id='P{i}'/>")).collect();
    let body: String =
        parts.iter().enumerate().map(|(i, part)| format!("<part id='P{}'>{part}</part>", i + 1)).collect();
    let xml = format!("<score-partwise><part-list>{list}</part-list>{body}</score-partwise>");
    import::score(xml.as_bytes()).unwrap()
}

/// One part in 4/4 with two divisions a quarter, one string a measure.
fn measures(contents: &[&str]) -> Imported {
    let first = "<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>";
    let number = |i: usize| i + 1;
    let measure = |(i, content): (usize, &&str)| {
        let head = if i == 0 { first } else { "" };
        format!("<measure number='{}'>{head}{content}</measure>", number(i))
    };
    import(&[&contents.iter().enumerate().map(measure).collect::<String>()])
}

/// A note such as "C4" of so many divisions, with further elements.
fn note(pitch: &str, duration: u32, more: &str) -> String {
    let (step, octave) = pitch.split_at(1);
    format!(
        "<note><pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>{duration}</duration>{more}</note>"
    )
}

fn whole(pitch: &str) -> String {
    note(pitch, 8, "")
}

const START: &str = "<tie type='start'/>";
const STOP: &str = "<tie type='stop'/>";
const FORWARD: &str = "<barline location='left'><repeat direction='forward'/></barline>";
const BACKWARD: &str = "<barline location='right'><repeat direction='backward'/></barline>";

/// Each note as "id@onset+duration", in quarters.
fn sketch(score: &Score) -> String {
    let quarters = |ticks: i64| ticks as f64 / f64::from(score.ticks_per_quarter());
    let one =
        |note: ScoreNote<'_>| format!("{}@{}+{}", note.id, quarters(note.onset.0), quarters(note.duration.0));
    score.notes().iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Numbers and passes of the measures as played.
fn order(score: &Score) -> String {
    score
        .measures()
        .iter()
        .map(|measure| format!("{}-{}", measure.number, measure.pass))
        .collect::<Vec<_>>()
        .join(" ")
}

fn reasons(imported: &Imported) -> Vec<String> {
    imported.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn divisions_that_change_move_nothing_before_or_after() {
    let divisions = |n: u32| format!("<attributes><divisions>{n}</divisions></attributes>");
    let contents = format!(
        "<measure number='1'>{}{}{}{}{}</measure><measure number='2'>{}</measure>",
        divisions(2),
        note("C4", 2, ""),
        divisions(3),
        note("D4", 2, ""),
        note("E4", 1, ""),
        note("F4", 3, ""),
    );
    let imported = import(&[&contents]);
    assert_eq!(imported.score.ticks_per_quarter(), 6);
    let score = &imported.score;
    let onsets: Vec<i64> = score.notes().iter().map(|note| note.onset.0).collect();
    assert_eq!(onsets, [0, 6, 10, 12]);
}

#[test]
fn fractions_of_a_division_are_exact() {
    let imported = measures(&[&[
        note("C4", 1, ""),
        note("D4", 1, "").replace("<duration>1", "<duration>0.5"),
        note("E4", 1, ""),
    ]
    .concat()]);
    assert_eq!(sketch(&imported.score), "n1-1@0+0.5 n2-1@0.5+0.25 n3-1@0.75+0.5");
}

#[test]
fn divisions_without_a_common_multiple_are_rounded_and_said_so() {
    let with = |n: u32, pitch: &str| {
        format!(
            "<measure number='1'><attributes><divisions>{n}</divisions></attributes>{}</measure>",
            note(pitch, n, "")
        )
    };
    let imported = import(&[&[with(999_983, "C4"), with(999_979, "D4")].concat()]);
    assert_eq!(sketch(&imported.score), "n1-1@0+1 n2-1@1+1");
    assert!(reasons(&imported)[0].contains("rounded"), "{:?}", imported.warnings);
}

#[test]
fn voices_go_back_and_forward_and_chords_stand_still() {
    let imported = measures(&[&[
        note("E4", 4, "<voice>1</voice>"),
        note("G4", 4, "<voice>1</voice>").replace("<note>", "<note><chord/>"),
        note("F4", 4, "<voice>1</voice>"),
        "<backup><duration>8</duration></backup><forward><duration>2</duration></forward>".to_owned(),
        note("C4", 6, "<voice>2</voice>"),
    ]
    .concat()]);
    assert_eq!(sketch(&imported.score), "n1-1@0+2 n2-1@0+2 n4-1@1+3 n3-1@2+2");
    assert_eq!(imported.score.note(NoteIndex(2)).voice, 2);
}

#[test]
fn a_tied_chain_is_one_note_across_bar_lines_and_voices() {
    let imported = measures(&[
        &note("C4", 8, &format!("{START}<voice>1</voice>")),
        &[note("C4", 4, &format!("{STOP}{START}<voice>2</voice>")), note("C4", 2, STOP), note("C4", 2, "")]
            .concat(),
    ]);
    assert_eq!(sketch(&imported.score), "n1-1@0+7 n4-1@7+1");
}

#[test]
fn a_tie_that_comes_from_nowhere_is_struck() {
    let imported = measures(&[&note("C4", 8, STOP)]);
    assert_eq!(sketch(&imported.score), "n1-1@0+4");
}

#[test]
fn a_tie_at_a_repeat_end_does_not_swallow_the_next_pass() {
    // The tie out of measure 2 leads into measure 3; measure 1 begins with the same key, struck.
    let imported = measures(&[
        &[FORWARD, &whole("C4")].concat(),
        &[&note("C4", 8, START), BACKWARD].concat(),
        &note("C4", 8, STOP),
    ]);
    assert_eq!(sketch(&imported.score), "n1-1@0+4 n2-1@4+4 n1-2@8+4 n2-2@12+8");
    // Even where measure 1 itself is the end of a tie that comes from before the repeat.
    let imported = measures(&[
        &note("C4", 8, START),
        &[FORWARD, &note("C4", 8, STOP)].concat(),
        &[&note("C4", 8, START), BACKWARD].concat(),
        &note("C4", 8, STOP),
    ]);
    assert_eq!(sketch(&imported.score), "n1-1@0+8 n3-1@8+4 n2-2@12+4 n3-2@16+8");
}

#[test]
fn a_tie_reaches_into_both_voltas() {
    let volta = |n: u32, kind: &str| format!("<barline><ending number='{n}' type='{kind}'/></barline>");
    let imported = measures(&[
        &note("C4", 8, START),
        &[
            &volta(1, "start"),
            &note("C4", 8, STOP),
            "<barline><repeat direction='backward'/><ending number='1' type='stop'/></barline>",
        ]
        .concat(),
        &[volta(2, "start"), note("C4", 8, STOP), volta(2, "stop")].concat(),
    ]);
    assert_eq!(sketch(&imported.score), "n1-1@0+8 n1-2@8+8");
}

#[test]
fn repeats_go_back_to_the_nearest_beginning() {
    let content = |more: &str| [more, &whole("C4")].concat();
    let imported = measures(&[
        &content(BACKWARD),
        &content(""),
        &content(FORWARD),
        &content(BACKWARD),
        &content(BACKWARD),
    ]);
    assert_eq!(order(&imported.score), "1-1 1-2 2-1 3-1 4-1 3-2 4-2 5-1 5-2");
    let three = BACKWARD.replace("'backward'", "'backward' times='3'");
    assert_eq!(order(&measures(&[&content(&three)]).score), "1-1 1-2 1-3");
}

#[test]
fn voltas_are_taken_by_their_numbers() {
    let volta = |numbers: &str, repeat: bool| {
        let sign = if repeat { "<repeat direction='backward'/>" } else { "" };
        format!(
            "<barline location='left'><ending number='{numbers}' type='start'/></barline>{}\
             <barline location='right'>{sign}<ending number='{numbers}' type='stop'/></barline>",
            whole("C4")
        )
    };
    let plain = whole("C4");
    let imported = measures(&[&plain, &volta("1, 2", true), &volta("3", false), &plain, &plain]);
    assert_eq!(order(&imported.score), "1-1 2-1 1-2 2-2 1-3 3-1 4-1 5-1");
    // A second passage begins after the first one's last volta.
    let imported = measures(&[
        &plain,
        &volta("1", true),
        &volta("2", true),
        &plain,
        &volta("1.", true),
        &volta("2.", false),
    ]);
    assert_eq!(order(&imported.score), "1-1 2-1 1-2 3-1 4-1 5-1 4-2 6-1");
    // A lone first volta is left out the second time.
    let imported = measures(&[&plain, &volta("1", true), &plain]);
    assert_eq!(order(&imported.score), "1-1 2-1 1-2 3-1");
}

#[test]
fn jumps_are_taken_once_and_without_repeats() {
    let sign = |attribute: &str| format!("{}<sound {attribute}/>", whole("C4"));
    let target = |attribute: &str| format!("<sound {attribute}/>{}", whole("C4"));
    let repeated = [FORWARD, &whole("C4"), BACKWARD].concat();
    let imported = measures(&[&repeated, &sign("fine='yes'"), &sign("dacapo='yes'")]);
    assert_eq!(order(&imported.score), "1-1 1-2 2-1 3-1 1-3 2-2");
    let imported = measures(&[
        &whole("C4"),
        &target("segno='s'"),
        &sign("tocoda='c'"),
        &sign("dalsegno='s'"),
        &target("coda='c'"),
    ]);
    assert_eq!(order(&imported.score), "1-1 2-1 3-1 4-1 2-2 3-2 5-1");
    let words = |text: &str| {
        format!(
            "{}<direction><direction-type><words>{text}</words></direction-type></direction>",
            whole("C4")
        )
    };
    let imported = measures(&[&words("Fine"), &words("D.C. al Fine")]);
    assert_eq!(order(&imported.score), "1-1 2-1 1-2");
}

#[test]
fn a_pickup_ends_where_the_count_begins() {
    let imported = measures(&[&note("G4", 2, ""), &whole("C4")]);
    assert_eq!(sketch(&imported.score), "n1-1@-1+1 n2-1@0+4");
    assert_eq!(imported.score.measures()[1].onset.0, 0);
}

#[test]
fn a_measure_is_as_long_as_its_longest_voice() {
    let short =
        [note("E4", 2, ""), "<backup><duration>2</duration></backup>".to_owned(), note("C4", 6, "")].concat();
    let imported = measures(&[&whole("C4"), &short, "", &whole("C4")]);
    let onsets: Vec<i64> = imported.score.measures().iter().map(|measure| measure.onset.0).collect();
    // The empty one is as long as its time signature says.
    assert_eq!(onsets, [0, 8, 14, 22]);
}

#[test]
fn tempo_marks_hold_from_their_place_and_return_with_a_repeat() {
    let sound = |tempo: &str| format!("<direction><sound tempo='{tempo}'/></direction>");
    let imported = measures(&[
        &[FORWARD, &sound("120"), &note("C4", 4, ""), &sound("60.5"), &note("C4", 4, "")].concat(),
        &[&whole("C4"), BACKWARD].concat(),
    ]);
    let changes: Vec<(i64, u32)> =
        imported.score.tempo().changes().iter().map(|c| (c.at.0, c.micros_per_quarter)).collect();
    assert_eq!(changes, [(0, 500_000), (4, 991_736), (16, 500_000), (20, 991_736)]);
    let metronome = "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>\
                     <per-minute>ca. 40</per-minute></metronome></direction-type></direction>";
    let imported = measures(&[&[metronome, &whole("C4")].concat()]);
    assert_eq!(imported.score.tempo().changes()[0].micros_per_quarter, 1_000_000);
}

#[test]
fn staves_are_hands() {
    let staff = |pitch: &str, n: u32| note(pitch, 8, &format!("<staff>{n}</staff>"));
    let back = "<backup><duration>8</duration></backup>";
    let hands =
        |imported: &Imported| -> Vec<Hand> { imported.score.notes().iter().map(|note| note.hand).collect() };
    // The left hand may lie above the right.
    let imported = measures(&[&[&staff("C4", 1), back, &staff("C5", 2)].concat()]);
    assert_eq!(hands(&imported), [Hand::Right, Hand::Left]);
    let imported =
        measures(&[&[whole("C2"), note("C6", 8, "").replace("<note>", "<note><chord/>")].concat()]);
    assert_eq!(hands(&imported), [Hand::Left, Hand::Right]);
    let part = |pitch: &str| {
        format!(
            "<measure number='1'><attributes><divisions>2</divisions></attributes>{}</measure>",
            whole(pitch)
        )
    };
    let imported = import(&[&part("C3"), &part("C5")]);
    assert_eq!(hands(&imported), [Hand::Right, Hand::Left]);
    assert_eq!(imported.warnings, []);
}

#[test]
fn the_piano_is_picked_and_the_rest_named() {
    let xml = format!(
        "<score-partwise><part-list>\
         <score-part id='V'><part-name>Violin</part-name></score-part>\
         <score-part id='K'><part-name>Piano</part-name></score-part></part-list>\
         <part id='V'><measure number='1'><attributes><divisions>2</divisions></attributes>{}</measure></part>\
         <part id='K'><measure number='1'><attributes><divisions>4</divisions></attributes>{}{}</measure></part>\
         </score-partwise>",
        whole("A4"),
        note("C4", 16, "<staff>1</staff>"),
        note("C3", 16, "<staff>2</staff>").replace("<note>", "<note><chord/>"),
    );
    let imported = import::score(xml.as_bytes()).unwrap();
    assert_eq!(sketch(&imported.score), "n3-1@0+4 n2-1@0+4");
    assert_eq!(reasons(&imported), ["only \"Piano\" is taken; left out: \"Violin\""]);
}

#[test]
fn grace_notes_stand_at_the_note_they_precede() {
    let grace = note("D4", 0, "").replace("<note>", "<note><grace/>").replace("<duration>0</duration>", "");
    let imported =
        measures(&[&[note("C4", 4, ""), grace.clone(), note("E4", 4, ""), grace].concat(), &whole("C4")]);
    assert_eq!(sketch(&imported.score), "n1-1@0+2 n2-1@2+0 n3-1@2+2 n4-1@4+0 n5-1@4+4");
    let graces: Vec<bool> = imported.score.notes().iter().map(|note| note.grace).collect();
    assert_eq!(graces, [false, true, false, true, false]);
    assert_eq!(imported.score.note(NoteIndex(3)).measure, 0);
}

#[test]
fn one_stroke_plays_a_unison_but_no_two_grace_notes() {
    let grace = |pitch: &str| {
        note(pitch, 0, "").replace("<note>", "<note><grace/>").replace("<duration>0</duration>", "")
    };
    let imported = measures(&[&[
        [grace("C4"), grace("D4"), grace("C4"), note("C4", 8, "<voice>1</voice>")].concat(),
        "<backup><duration>8</duration></backup>".to_owned(),
        [note("C4", 2, "<voice>2</voice>"), note("C4", 6, "<voice>2</voice>")].concat(),
    ]
    .concat()]);
    let score = &imported.score;
    assert_eq!(sketch(score), "n1-1@0+0 n2-1@0+0 n3-1@0+0 n4-1@0+4 n5-1@0+1 n6-1@1+3");
    let stands_for = |note: u32| score.unison(NoteIndex(note)).0;
    assert_eq!((0..6).map(stands_for).collect::<Vec<_>>(), [0, 1, 2, 3, 3, 5]);
}

#[test]
fn many_wavy_lines_and_glissandi_take_bounded_work() {
    let line = "<notations><ornaments><wavy-line type='start' number='1'/></ornaments></notations>";
    let slide = "<notations><slide type='start' number='1'/></notations>";
    let many: String = (0..5_000).map(|_| note("C4", 1, line) + &note("D4", 1, slide)).collect();
    let imported = measures(&[&many, &many]);
    assert_eq!(imported.score.notes().len(), 20_000);
    assert!(reasons(&imported).iter().any(|reason| reason.contains("more wavy lines")));
}

#[test]
fn ornament_signs_are_kept() {
    let sign = |sign: &str| note("C4", 1, &format!("<notations>{sign}</notations>"));
    let ornament = |name: &str| sign(&format!("<ornaments><{name}/></ornaments>"));
    let imported = measures(&[&[
        ornament("trill-mark"),
        ornament("inverted-turn"),
        ornament("mordent"),
        ornament("tremolo"),
        sign("<arpeggiate/>"),
        sign("<glissando type='start'/>"),
        sign("<glissando type='stop'/>"),
    ]
    .concat()]);
    let found: Vec<Ornaments> = imported.score.notes().iter().map(|note| note.ornaments).collect();
    use Ornaments as O;
    assert_eq!(found, [O::TRILL, O::TURN, O::MORDENT, O::TREMOLO, O::ARPEGGIO, O::GLISSANDO, O::NONE]);
}

#[test]
fn transposition_sounds_and_octave_lines_do_not() {
    let transpose = "<attributes><transpose><chromatic>-2</chromatic><octave-change>1</octave-change></transpose></attributes>";
    let line = "<direction><direction-type><octave-shift type='down' size='8'/></direction-type></direction>";
    let pitches = |imported: &Imported| -> Vec<u8> {
        imported.score.notes().iter().map(|note| note.pitch.number()).collect()
    };
    assert_eq!(pitches(&measures(&[&[transpose, &whole("C4")].concat()])), [70]);
    assert_eq!(pitches(&measures(&[&[line, &whole("C6")].concat()])), [84]);
}

#[test]
fn what_is_not_played_is_left_out_and_said_so() {
    let unpitched = note("C4", 2, "").replace("pitch>", "unpitched>");
    let high = note("C9", 2, "").replace("<octave>9", "<octave>10");
    let rest = "<note><rest/><duration>2</duration></note>";
    let imported = measures(&[&[rest, &unpitched, &high, &note("C4", 2, "")].concat()]);
    assert_eq!(sketch(&imported.score), "n4-1@3+1");
    assert_eq!(
        reasons(&imported),
        [
            "measure 1: an unpitched note was left out",
            "measure 1: a note C10 beyond the keyboard was left out"
        ]
    );
}

#[test]
fn ids_are_the_files_own_or_counted_and_never_shared() {
    let named = |id: &str| note("C4", 2, "").replace("<note>", &format!("<note id='{id}'>"));
    let imported = measures(&[&[named("a"), named("a"), named("a_2"), note("C4", 2, "")].concat()]);
    assert_eq!(sketch(&imported.score), "a-1@0+1 a_3-1@1+1 a_2-1@2+1 n4-1@3+1");
    assert_eq!(reasons(&imported), ["measure 1: two notes have the id \"a\"; the later is called \"a_3\""]);
}

#[test]
fn timewise_is_read_as_partwise() {
    let part = |id: &str, content: &str| format!("<part id='{id}'>{content}</part>");
    let divisions = "<attributes><divisions>2</divisions></attributes>";
    let xml = format!(
        "<score-timewise><measure number='1'>{}</measure><measure number='2'>{}{}</measure></score-timewise>",
        part("R", &[divisions, &whole("C5")].concat()),
        part("R", &whole("D5")),
        part("L", &[divisions, &whole("C3")].concat()),
    );
    let imported = import::score(xml.as_bytes()).unwrap();
    assert_eq!(sketch(&imported.score), "n1-1@0+4 n3-1@4+4 n2-1@4+4");
}

#[test]
fn errors_say_where() {
    let error = |xml: &str| import::score(xml.as_bytes()).unwrap_err();
    let bad = error("<score-partwise>\n<part>\n</measure></score-partwise>");
    assert!(matches!(bad, ImportError::Xml { line: 3, .. }), "{bad}");
    assert_eq!(error("<html/>"), ImportError::NotMusicXml { root: "html".into(), line: 1 });
    assert_eq!(error("<score-partwise/>"), ImportError::NoNotes);
    assert_eq!(error("Dear teacher"), ImportError::UnknownFormat);
    let zero = "<score-partwise><part id='P'><measure number='7'>\n<attributes><divisions>0</divisions></attributes>";
    let bad = error(&format!("{zero}{}</measure></part></score-partwise>", whole("C4")));
    assert_eq!(bad.to_string(), "line 2, measure 7: <divisions> is \"0\", which is not a number above 0");
}

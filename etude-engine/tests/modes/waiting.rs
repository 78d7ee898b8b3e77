//! The score waits for the player.

use super::*;

/// C E G, then single notes: D, E, F.
fn chord_and_notes() -> Arc<Score> {
    let right = |onset, pitch| note(onset * TPQ, pitch, Hand::Right);
    score(vec![right(0, 60), right(0, 64), right(0, 67), right(1, 62), right(2, 64), right(3, 65)])
}

fn waiting(score: &Arc<Score>, played: &[(i64, u8)]) -> Take {
    let config = Config { mode: Mode::Wait, ..Config::default() };
    Take::of(score, config, played.iter().map(|&(at, pitch)| note_on(at, pitch)))
}

#[test]
fn waiting_knows_no_late_but_within_a_chord() {
    // Far too slow, far too fast, from the top down.
    let take = waiting(
        &chord_and_notes(),
        &[(0, 67), (20, 64), (180, 60), (60_000, 62), (60_010, 64), (60_020, 65)],
    );
    assert_eq!(matched(&take), [(2, 0), (1, 20), (0, 180), (3, 0), (4, 0), (5, 0)]);
    let Tally { perfect, late, .. } = take.report.total;
    assert_eq!([perfect, late], [5, 1]);
}

#[test]
fn waiting_accepts_a_rolled_chord_whatever_its_spread() {
    let roll = Some(Roll { direction: RollDirection::Up, group: 0 });
    let rolled =
        |pitch| Note { freedom: Freedom { roll, ..Freedom::default() }, ..note(0, pitch, Hand::Right) };
    let score = score(vec![rolled(60), rolled(64), rolled(67), note(TPQ, 62, Hand::Right)]);
    let take = waiting(&score, &[(0, 60), (900, 64), (5_000, 67), (5_500, 62)]);
    assert_eq!(matched(&take), [(0, 0), (1, 0), (2, 0), (3, 0)]);
    assert_eq!(take.report.total.combined, 1.0);
}

#[test]
fn waiting_is_not_moved_on_by_wrong_early_or_extra_notes() {
    // D is wrong for one of the chord, and is asked for again when the chord is down; B is far from all.
    let played = [
        (0, 60),
        (100, 62),
        (200, 83),
        (300, 64),
        (400, 67),
        (500, 60),
        (600, 65),
        (700, 62),
        (800, 64),
        (900, 65),
    ];
    let take = waiting(&chord_and_notes(), &played);
    let verdicts = take.verdicts();
    assert_eq!(verdicts[1], Verdict::Wrong { instead_of: NoteIndex(1) });
    assert_eq!(verdicts[2], Verdict::Extra);
    assert_eq!(verdicts[5], Verdict::Repeat { of: NoteIndex(0) });
    assert_eq!(verdicts[6], Verdict::Wrong { instead_of: NoteIndex(3) });
    assert_eq!(matched(&take).iter().map(|&(note, _)| note).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(take.counts(), [6, 6, 0, 2, 1]);
}

#[test]
fn waiting_misses_nothing_before_the_end() {
    let score = chord_and_notes();
    let mut session = Session::new(score, Config { mode: Mode::Wait, ..Config::default() }).unwrap();
    for event in
        [note_on(0, 60), note_on(90_000, 65), Event { at: Micros(200_000_000), kind: EventKind::Tick }]
    {
        session.handle(event).unwrap();
    }
    let missed = |session: &mut Session| {
        std::iter::from_fn(|| session.poll()).filter(|record| matches!(record, Record::Missed { .. })).count()
    };
    assert_eq!(missed(&mut session), 0);
    session.handle(end(200_000)).unwrap();
    assert_eq!(missed(&mut session), 5);
}

fn grace(onset: i64, pitch: u8) -> Note {
    Note { grace: true, duration: Ticks(0), ..note(onset, pitch, Hand::Right) }
}

#[test]
fn waiting_does_not_ask_for_grace_notes() {
    let right = |onset, pitch| note(onset * TPQ, pitch, Hand::Right);
    let score = score(vec![right(0, 60), grace(TPQ, 64), right(1, 62), right(2, 64), right(3, 65)]);
    // Played before, played after, and left out.
    let before = waiting(&score, &[(0, 60), (400, 64), (500, 62), (1_000, 64), (1_500, 65)]);
    assert_eq!(matched(&before).iter().map(|&(note, _)| note).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(before.report.total.combined, 1.0);
    let left_out = waiting(&score, &[(0, 60), (500, 62), (1_000, 64), (1_500, 65)]);
    assert_eq!(left_out.counts(), [5, 4, 1, 0, 0]);
    assert!(left_out.records.contains(&Record::Missed { note: NoteIndex(1) }));
}

#[test]
fn waiting_takes_a_grace_note_on_the_key_of_its_main_note_once_it_has_moved_on() {
    let right = |onset, pitch| note(onset * TPQ, pitch, Hand::Right);
    let score = score(vec![grace(0, 60), right(0, 60), right(1, 60), right(2, 62)]);
    let played = waiting(&score, &[(0, 60), (80, 60), (600, 60), (1_100, 62)]);
    assert_eq!(played.counts(), [4, 4, 0, 0, 0]);
    // Left out, it does not hold up the next note, which is struck later.
    let left_out = waiting(&score, &[(0, 60), (600, 60), (1_100, 62)]);
    assert_eq!(left_out.counts(), [4, 3, 1, 0, 0]);
}

#[test]
fn waiting_hears_ornaments_and_goes_on_with_the_main_note() {
    let keys = KeySet::of(Pitch::new(60).unwrap()).and(Pitch::new(62).unwrap());
    let ornament = Some(Box::new(Ornament { sign: Sign::Trill, keys, until: Ticks(2 * TPQ) }));
    let trill = Note { freedom: Freedom { ornament, ..Freedom::default() }, ..note(0, 60, Hand::Right) };
    let right = |onset, pitch| note(onset * TPQ, pitch, Hand::Right);
    let score = score(vec![right(0, 48), trill, right(1, 50), right(2, 64)]);
    // From the upper note, on over the next note of the left hand.
    let played = [
        (0, 62),
        (10, 48),
        (100, 60),
        (200, 62),
        (300, 60),
        (400, 62),
        (500, 50),
        (510, 60),
        (600, 62),
        (1_000, 64),
    ];
    let take = waiting(&score, &played);
    assert_eq!(take.counts(), [4, 4, 0, 0, 0]);
    assert_eq!(take.report.total.ornaments, 6);
}

#[test]
fn waiting_goes_where_a_standing_transport_is_put() {
    let score = two_hands();
    let config = Config { mode: Mode::Wait, hands: Hands::Right, ..Config::default() };
    let put = |playing, quarters: i64| {
        let position = quarters * 1_000_000;
        Event { at: Micros(0), kind: EventKind::Transport { playing, position, micros_per_quarter: 500_000 } }
    };
    let notes = as_written(&score, (1..32).step_by(2));
    // It rolls, which says nothing; then it is put back to the second quarter, and later on to the last measure.
    let mut events = notes[..4].to_vec();
    events.extend([put(true, 9), put(false, 4), put(false, 1)]);
    events.extend(&notes[1..4]);
    events.push(put(false, 12));
    events.extend(&notes[12..]);
    let take = Take::of(&score, config, events);
    assert_eq!(take.went(), [NoteIndex(3), NoteIndex(25)]);
    assert_eq!(take.counts(), [8, 8, 0, 0, 0]);
    assert_eq!(take.report.total.skipped, 8);
}

//! What the report tells besides right and wrong, and that it keeps silent where it knows too little.

use super::*;

/// How one chord after another of [`two_hands`] is played.
#[derive(Clone, Copy)]
struct Manner {
    /// Of the tempo of the score.
    tempo_percent: i64,
    /// The left hand after the right.
    left_late_ms: i64,
    velocities: [u8; 2],
    /// How long keys are held, of the written length as it is played.
    held_percent: i64,
}

const PLAIN: Manner = Manner { tempo_percent: 100, left_late_ms: 0, velocities: [80; 2], held_percent: 90 };

/// The first chords of [`two_hands`], played in this manner.
fn chords(count: usize, manner: Manner) -> Vec<Event> {
    let score = two_hands();
    let ms = |ticks: i64| ticks * 500 / TPQ * 100 / manner.tempo_percent;
    let mut events = Vec::new();
    for note in score.notes().iter().take(2 * count) {
        let left = note.hand == Hand::Left;
        let at = 1_000 + ms(note.onset.0) + if left { manner.left_late_ms } else { 0 };
        let velocity = Velocity::new(manner.velocities[usize::from(left)] + note.pitch.number() % 3).unwrap();
        let pitch = note.pitch;
        events.push(Event { at: Micros::from_millis(at), kind: EventKind::NoteOn { pitch, velocity } });
        let up = at + ms(TPQ) * manner.held_percent / 100;
        events.push(Event { at: Micros::from_millis(up), kind: EventKind::NoteOff { pitch } });
    }
    events.sort_by_key(|event| event.at);
    events
}

fn report(events: Vec<Event>) -> Report {
    Take::of(&two_hands(), Config::default(), events).report
}

#[test]
fn of_nothing_nothing_is_told() {
    for mode in MODES {
        let Report { timing, profile, .. } =
            Take::of(&two_hands(), Config { mode, ..Config::default() }, []).report;
        assert_eq!(timing.latency_us, None);
        assert_eq!((profile.tempo, profile.chords, profile.asynchrony), (None, None, None));
        assert!(profile.hands.is_empty());
        assert_eq!(profile.pedal, None);
    }
}

#[test]
fn of_nine_chords_too_little_is_known_and_of_ten_enough() {
    let nine = report(chords(9, PLAIN)).profile;
    assert_eq!((nine.tempo, nine.chords, nine.asynchrony), (None, None, None));
    assert_eq!(nine.hands.len(), 2);
    for hand in nine.hands {
        assert_eq!((hand.dynamics, hand.articulation.plain), (None, None));
    }
    let ten = report(chords(10, PLAIN)).profile;
    assert_eq!(ten.chords.map(|chords| chords.count), Some(10));
    assert_eq!(ten.asynchrony.map(|chords| chords.count), Some(10));
    assert!(ten.hands.iter().all(|hand| hand.dynamics.is_some()));
    assert!(ten.hands.iter().all(|hand| hand.articulation.staccato.is_none()));
}

#[test]
fn a_constant_latency_shows_as_one_from_fifty_notes_on() {
    let line = (0..60).map(|i| note(i * TPQ, 60 + (i * 5 % 12) as u8, Hand::Right));
    let score = score(line.collect());
    let config = Config { mode: Mode::Clock, ..Config::default() };
    let late = |count: usize| {
        let mut events = as_written(&score, 0..count);
        // The first starts the metronome.
        events[1..].iter_mut().for_each(|event| event.at.0 += 30_000);
        Take::of(&score, config, events).report.timing
    };
    assert_eq!(late(49).latency_us, None);
    let fifty = late(50);
    assert_eq!((fifty.latency_us, fifty.median_us, fifty.spread_us), (Some(30_000), 30_000, 0));
    let following = Take::of(&score, Config::default(), as_written(&score, 0..60)).report.timing;
    assert_eq!(following.latency_us, None, "the player's own time is the measure");
}

#[test]
fn the_tempo_is_told_from_four_measures_on() {
    let brisk = Manner { tempo_percent: 125, ..PLAIN };
    assert_eq!(report(chords(13, brisk)).profile.tempo, None, "of the last measure only one onset");
    let told = report(chords(16, brisk));
    let tempo = told.profile.tempo.unwrap();
    assert!((tempo.percent - 125.0).abs() < 0.5 && tempo.spread_percent < 0.5, "{tempo:?}");
    for measure in told.measures {
        assert!((measure.quarters_per_minute.unwrap() - 150.0).abs() < 0.5);
    }
}

#[test]
fn hands_are_told_apart() {
    let told = report(chords(16, Manner { left_late_ms: 20, velocities: [90, 50], ..PLAIN })).profile;
    for distance in [told.chords.unwrap(), told.asynchrony.unwrap()] {
        assert!((distance.median_us - 20_000).abs() <= 2_500, "{distance:?}");
    }
    let median = |hand: usize| told.hands[hand].dynamics.unwrap().median;
    assert_eq!((told.hands[0].hand, told.hands[1].hand), (Hand::Right, Hand::Left));
    assert!((90..=92).contains(&median(0)) && (50..=52).contains(&median(1)), "{:?}", told.hands);
}

#[test]
fn how_long_keys_are_held_is_told_by_sign() {
    let mut notes: Vec<Note> = two_hands().notes().iter().map(Note::from).collect();
    for note in notes.iter_mut().filter(|note| note.hand == Hand::Left) {
        note.articulations = Articulations::STACCATO;
    }
    let events = chords(16, Manner { held_percent: 60, ..PLAIN });
    let profile = Take::of(&score(notes), Config::default(), events).report.profile;
    let [right, left] = [profile.hands[0].articulation, profile.hands[1].articulation];
    assert_eq!((right.staccato, left.plain, right.tenuto), (None, None, None));
    for held in [right.plain.unwrap(), left.staccato.unwrap()] {
        assert!((58..=62).contains(&held.percent), "{held:?}");
    }
}

#[test]
fn a_keyboard_without_dynamics_and_a_pedal_that_never_moves_tell_none() {
    let mut events = chords(16, PLAIN);
    for event in &mut events {
        if let EventKind::NoteOn { velocity, .. } = &mut event.kind {
            *velocity = Velocity::new(64).unwrap();
        }
    }
    let told = report(events.clone()).profile;
    assert!(told.hands.iter().all(|hand| hand.dynamics.is_none()));
    assert_eq!(told.pedal, None);
    // Down for the second half.
    let (first, last) = (events[0].at, events[events.len() - 1].at);
    let at = Micros((first.0 + last.0) / 2);
    events.push(Event { at, kind: EventKind::Pedal { value: Velocity::new(127).unwrap() } });
    events.sort_by_key(|event| event.at);
    let pedal = report(events).profile.pedal.unwrap();
    assert_eq!(pedal.presses, 1);
    assert!((pedal.down - 0.5).abs() < 0.02, "{pedal:?}");
}

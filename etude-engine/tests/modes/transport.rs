//! The clock is the host's transport.

use super::*;

fn transport(at_ms: i64, playing: bool, position_uq: i64) -> Event {
    let kind = EventKind::Transport { playing, position: position_uq, micros_per_quarter: 500_000 };
    Event { at: Micros::from_millis(at_ms), kind }
}

/// The right hand from one quarter to another, on a transport that was at quarter 0 at this time.
fn by_transport(score: &Score, start_ms: i64, quarters: std::ops::Range<usize>) -> Vec<Event> {
    let notes = as_written(score, quarters.map(|quarter| 2 * quarter + 1));
    notes
        .into_iter()
        .map(|event| Event { at: Micros(event.at.0 + (start_ms - 1_000) * 1_000), ..event })
        .collect()
}

fn by_clock() -> Config {
    Config { mode: Mode::Clock, hands: Hands::Right, ..Config::default() }
}

#[test]
fn a_transport_counts_in_pauses_and_goes_on() {
    let score = two_hands();
    // A measure of count-in, two quarters; a pause of seven seconds in which a note is played; then the rest.
    let mut events = vec![transport(0, true, -4_000_000)];
    events.extend(by_transport(&score, 2_000, 0..2));
    events.extend([
        transport(2_900, false, 1_800_000),
        note_on(5_000, 64),
        transport(9_900, true, 1_800_000),
    ]);
    events.extend(by_transport(&score, 9_000, 2..16));
    let take = Take::of(&score, by_clock(), events);
    assert_eq!(take.counts(), [16, 16, 0, 0, 1], "what is played in the pause is extra");
    assert_eq!(take.report.total.perfect, 16);
    assert_eq!(take.went(), []);
}

#[test]
fn a_transport_put_elsewhere_while_it_stands_has_gone_there() {
    let score = two_hands();
    let mut events = vec![transport(0, true, 0)];
    events.extend(by_transport(&score, 0, 0..6));
    events.extend([transport(2_900, false, 5_800_000), transport(3_000, false, 2_000_000)]);
    events.push(transport(4_000, true, 2_000_000));
    events.extend(by_transport(&score, 3_000, 2..16));
    let take = Take::of(&score, by_clock(), events);
    assert_eq!(take.went(), [NoteIndex(5)]);
    assert_eq!(take.counts(), [16, 16, 0, 0, 0]);
    assert_eq!(take.report.total.perfect, 16);
}

#[test]
fn a_transport_that_starts_further_on_skips_what_is_before() {
    let score = two_hands();
    let mut events = vec![transport(0, true, 8_000_000)];
    events.extend(by_transport(&score, -4_000, 8..16));
    let take = Take::of(&score, by_clock(), events);
    assert_eq!(take.counts(), [8, 8, 0, 0, 0]);
    assert_eq!(take.report.total.skipped, 8);
}

#[test]
fn a_host_may_loop_over_a_single_note() {
    let notes =
        vec![note(0, 60, Hand::Right), note(MEASURE, 62, Hand::Right), note(2 * MEASURE, 64, Hand::Right)];
    let score = score(notes);
    let config = Config { mode: Mode::Clock, range: range(1, 1), ..Config::default() };
    let mut events = Vec::new();
    for lap in 0..5 {
        events.extend([transport(lap * 2_000, true, 4_000_000), note_on(lap * 2_000 + 10, 62)]);
    }
    let take = Take::of(&score, config, events);
    assert_eq!(matched(&take), [(1, 10); 5]);
    assert_eq!(take.went().len(), 4);
    // And beyond the range there is nothing to miss.
    let beyond = Take::of(
        &score,
        config,
        [
            transport(0, true, 4_000_000),
            note_on(10, 62),
            transport(2_000, true, 9_000_000),
            note_on(2_500, 64),
        ],
    );
    assert_eq!(beyond.counts(), [1, 1, 0, 0, 1]);
}

#[test]
fn the_tempo_setting_is_the_metronomes_and_not_the_transports() {
    let score = two_hands();
    let slow = Config { tempo_percent: 50, ..by_clock() };
    let events = by_transport(&score, 1_000, 0..16);
    let half = events.iter().map(|event| Event { at: Micros(event.at.0 * 2), ..*event });
    assert_eq!(Take::of(&score, slow, half).report.total.perfect, 16);
    let with_host = std::iter::once(transport(1_000, true, 0)).chain(events);
    assert_eq!(Take::of(&score, slow, with_host).report.total.perfect, 16);
    for (percent, fits) in [(9, false), (10, true), (400, true), (401, false)] {
        assert_eq!(Config { tempo_percent: percent, ..slow }.check().is_ok(), fits, "{percent} %");
    }
}

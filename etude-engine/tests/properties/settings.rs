//! Random settings.

use etude_engine::score::{Hands, MeasureRange, Score};
use etude_engine::session::{Config, Mode, Scoring, TimingWindows};
use etude_engine::units::Micros;
use proptest::prelude::*;
use proptest::sample::{Index, select};

pub fn hands() -> impl Strategy<Value = Hands> {
    select(&[Hands::Both, Hands::Both, Hands::Right, Hands::Left][..])
}

/// The settings with these hands and this range of measures, if that leaves anything to play.
pub fn choose(score: &Score, config: Config, hands: Hands, range: Option<(Index, Index)>) -> Config {
    let measure = |index: Index| index.index(score.measures().len()) as u32;
    let range = range.map(|(a, b)| (measure(a), measure(b)));
    let range = range.map(|(a, b)| MeasureRange { from: a.min(b), to: a.max(b) });
    let chosen = Config { hands, range, ..config };
    if chosen.selection().check(score).is_ok() { chosen } else { config }
}

pub fn config() -> impl Strategy<Value = Config> {
    let windows = prop_oneof![
        2 => Just(TimingWindows::default()),
        1 => [0..=200i64, 0..=200, 0..=9_600].prop_map(|[perfect, good, match_]| TimingWindows {
            perfect: Micros::from_millis(perfect),
            good: Micros::from_millis(perfect + good),
            match_: Micros::from_millis(perfect + good + match_),
        }),
    ];
    let tempo_percent = prop_oneof![Just(100), 10..=400u16];
    let percent = || 0..=100u8;
    let scoring = prop_oneof![
        2 => Just(Scoring::default()),
        1 => [percent(), percent(), percent()].prop_map(|[a, b, note_percent]| Scoring {
            good_percent: a.max(b),
            match_percent: a.min(b),
            note_percent,
        }),
    ];
    (select(&[Mode::Follow, Mode::Clock, Mode::Wait][..]), any::<bool>(), windows, tempo_percent, scoring)
        .prop_map(|(mode, looping, windows, tempo_percent, scoring)| Config {
            looping,
            mode,
            windows,
            tempo_percent,
            scoring,
            ..Config::default()
        })
}
